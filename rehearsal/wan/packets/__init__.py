"""The WAN with packets: IKEv2, ESP and BGP between namespaces, each end made from its own cloud's state alone.

`plan` turns what both clouds say into a `Lab` (pure), `supervisor` makes the machine be that lab, `judge` reads
charon's and BIRD's answers. Everything runs in namespaces of one process and ends with it.
"""
