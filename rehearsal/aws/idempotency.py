"""ClientToken: the same request sent again is the same request (EC2 user guide, ensuring idempotency).

botocore puts a token into each call that has room for one and keeps it when it tries again, so a call whose answer got
lost does not make a second thing.
"""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.aws import failure
from rehearsal.aws.failure import Response
from rehearsal.aws.refusal import refuse
from rehearsal.aws.request import Request
from rehearsal.aws.world import World


def answer(world: World, request: Request, ask: Callable[[Request], Response]) -> Response:
    """What `ask` answers; the first answer again where the token is known."""
    token = request.form.get("ClientToken")
    if not token or request.scope is None:
        return ask(request)
    key = (request.scope.region, request.action, token)
    if key not in world.answered:
        response = ask(request)
        if response.status == 200:
            world.answered[key] = dict(request.form), response
        return response
    asked, response = world.answered[key]
    if asked != request.form:
        error = refuse("token_reused")
        return failure.render(request, 400, error.code, error.message)
    return response
