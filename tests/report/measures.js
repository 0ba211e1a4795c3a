// What a reader of the page would notice, measured in the page. Each function answers a list of complaints.

const shown = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
const words = (element) => element.textContent.trim().replace(/\s+/g, " ").slice(0, 60);

// What reaches beyond the right or left edge of the screen.
function overflowing() {
  const wide = document.documentElement.clientWidth;
  const found = [];
  if (document.documentElement.scrollWidth > wide) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest("thead, symbol") || !shown(element)) continue;
    const box = element.getBoundingClientRect();
    if (box.right > wide + 0.5 || box.left < -0.5) found.push(`${element.tagName}: ${words(element)}`);
  }
  return found;
}

// Texts inside a box that are cut, or lie upon what stands beside them.
function colliding() {
  const found = [];
  const boxes = [];
  for (const element of document.querySelectorAll("td, th, .pill, p, h1, h2, h3, li")) {
    if (!shown(element) || element.closest("thead")) continue;
    if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline")
      found.push(`cut: ${words(element)}`);
  }
  for (const picture of document.querySelectorAll("svg.picture")) {
    if (!shown(picture)) continue;
    const frame = picture.getBoundingClientRect();
    const texts = [...picture.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);
    texts.forEach(([text, box], index) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
        found.push(`outside the picture: ${words(text)}`);
      for (const [other, near] of texts.slice(index + 1)) {
        const across = Math.min(box.right, near.right) - Math.max(box.left, near.left);
        const down = Math.min(box.bottom, near.bottom) - Math.max(box.top, near.top);
        // line boxes are taller than letters
        if (across > 1 && down > box.height * 0.45) found.push(`${words(text)} upon ${words(other)}`);
      }
    });
  }
  return found.concat(boxes);
}

const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
function luminance([red, green, blue]) {
  const [r, g, b] = [red, green, blue].map((one) => {
    const part = one / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function background(element) {
  const picture = element.closest("svg.picture");
  if (picture) {
    const box = element.getBoundingClientRect();
    const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    const under = [...picture.querySelectorAll("rect")].filter((rect) => {
      const area = rect.getBoundingClientRect();
      return area.left <= x && x <= area.right && area.top <= y && y <= area.bottom;
    });
    if (under.length) return channels(getComputedStyle(under.at(-1)).fill);
  }
  for (let one = element; one; one = one.parentElement) {
    const colour = channels(getComputedStyle(one).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
}

// Texts with less contrast than 4.5 to 1 (WCAG 2.2, 1.4.3).
function faint() {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !shown(element) || element.closest("title, desc, thead")) continue;
    const style = getComputedStyle(element);
    const ink = luminance(channels(element.closest("svg.picture") ? style.fill : style.color));
    const paper = luminance(background(element));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)}: ${words(element)}`);
  }
  return found;
}

// Texts of the picture that is shown.
function pictured() {
  const picture = [...document.querySelectorAll("svg.picture")].filter(shown);
  return picture.flatMap((one) => [...one.querySelectorAll("text")].filter(shown).map(words));
}

// How each state of a tunnel looks but for its colour: dashes of the line, and the sign on it.
function looks() {
  const found = {};
  for (const picture of [...document.querySelectorAll("svg.picture")].filter(shown)) {
    for (const line of picture.querySelectorAll(".line:not(.joint)")) {
      const sign = line.nextElementSibling.getAttribute("href");
      found[line.classList[1]] = `${getComputedStyle(line).strokeDasharray} ${sign}`;
    }
  }
  return found;
}

// What someone who hears the page would miss.
function silent() {
  const found = [];
  for (const picture of document.querySelectorAll("svg.picture")) {
    const named = picture.getAttribute("aria-labelledby").split(" ").map((id) => document.getElementById(id));
    if (named.length !== 2 || named.some((one) => !one || !one.textContent.trim())) found.push("a picture without words");
  }
  for (const table of document.querySelectorAll("table")) {
    if (!table.querySelector("thead th[scope=col]")) found.push("a table without headers");
    for (const row of table.querySelectorAll("tbody tr"))
      if (!row.querySelector("th[scope=row]") && row.cells.length > 1) found.push(`a row without header: ${words(row)}`);
  }
  for (const link of document.querySelectorAll("a"))
    if (!document.querySelector(link.getAttribute("href"))) found.push(`a link to nowhere: ${link.href}`);
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) found.push(`an id twice: ${id}`);
  return found;
}
