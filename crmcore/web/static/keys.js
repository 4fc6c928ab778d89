// Keys and the palette: everything that can be done here, without a mouse. Keys go by what is on them, and where that is
// no Latin sign by their place, so that they work in a Cyrillic layout too.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");
  const off = () => { try { return localStorage.getItem("crm-keys-off"); } catch { return null; } };
  const part = async (address) => {
    const answer = await fetch(address, { headers: { "X-Crm-Fragment": "1", Accept: "text/html" }, credentials: "same-origin" }).catch(() => null);
    return answer?.ok && !answer.redirected ? parsed(await answer.text()) : null;
  };

  // What a place of the page does: a form is sent, a menu opened, anything else pressed.
  const press = (place) => {
    if (place.matches("form")) return place.requestSubmit(one("button[name]", place) ?? undefined);
    if (place.matches("input[type=radio]")) {
      place.click();
      place.form.elements.text?.focus();
    } else if (place.matches("details")) {
      place.open = !place.open;
      if (place.open) one("input:not([type=hidden]):not([type=datetime-local]), button:not([disabled]), a", one(".c-pop", place) ?? one("summary", place).nextElementSibling)?.focus();
      else one("summary", place).focus();
    } else place.click();
  };
  // While rows are chosen, keys concern them.
  const shown = (place) => place.closest("details:not([open])") ? one("summary", place.closest("details:not([open])"))?.checkVisibility() : place.checkVisibility();
  const find = (key) => {
    const chosen = one("#list:has(#convs :checked) [data-many-bar]");
    const places = [...(chosen ? all(`[data-hot="${key}"]`, chosen) : []), ...all(`[data-hot="${key}"]`)];
    return places.find((place) => place.matches("input[type=radio]") || shown(place));
  };

  // Rows of the inbox.
  const rows = () => all(".c-conv");
  const row = () => document.activeElement?.closest?.("#convs > li")?.querySelector(".c-conv") ?? one('.c-conv[aria-current="true"]');
  const move = (step) => {
    const list = rows(), at = list.indexOf(row());
    const next = list[Math.max(0, Math.min(list.length - 1, at < 0 ? 0 : at + step))];
    next?.focus();
    return next;
  };
  const choose = (place) => { const box = place && one("input[name=id]", place.parentElement); box?.click(); };
  const extend = (step) => {
    const from = row(), box = from && one("input[name=id]", from.parentElement);
    if (box && !box.checked) box.click();
    const next = move(step), other = next && one("input[name=id]", next.parentElement);
    if (other && !other.checked) other.click();
  };
  // Lists that are tables have a script of their own.
  const inTable = (detail) => document.dispatchEvent(new CustomEvent("crm:row", { detail }));
  const beside = (step) => {
    if (one(".c-list-page[data-peek]")) return inTable({ beside: step });
    const list = rows(), at = list.findIndex((place) => place.hasAttribute("aria-current"));
    const link = list.length ? list[at + step] : one(`a[rel="${step > 0 ? "next" : "prev"}"]`);
    link?.click();
    if (list.length) link?.scrollIntoView({ block: "nearest" });
  };
  const clear = () => {
    const form = one("[data-many]:has(#convs :checked)");
    form?.reset();
    return Boolean(form);
  };

  // Dialogs: the palette, and the sheet of keys.
  const palette = () => one("#palette");
  let known = null, words = "", asking = 0;
  const option = (made, label, hint) => {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    item.className = "c-pop-i";
    if (made) item.append(made.cloneNode(true));
    const text = document.createElement("span");
    text.className = "c-grow c-trunc";
    text.textContent = label;
    item.append(text);
    for (const key of hint ? hint.split(" ") : []) {
      const place = document.createElement("kbd");
      place.className = "c-kbd";
      place.textContent = key;
      item.append(place);
    }
    return item;
  };
  // What the open page offers is read from it, so that a command is never there without its button.
  const picture = (place) => {
    const found = one("svg", place) ?? one("svg", place.closest("form:not([data-draft])") ?? place);
    if (found || !place.dataset.icon) return found;
    const made = one("svg.c-ic").cloneNode(true);
    one("use", made).setAttribute("href", one("use", made).getAttribute("href").replace(/#.*/, `#${place.dataset.icon}`));
    return made;
  };
  const shownKey = (key) => {
    const own = Object.entries(OWN.one ?? {}).find(([, other]) => other === key)?.[0] ?? key;
    return own && own !== own.toLowerCase() ? `⇧ ${own}` : own.toUpperCase();
  };
  const here = () => {
    const known = new Set(), items = [];
    for (const place of all("[data-command], .c-press > *")) {
      const key = place.dataset.hot ?? "", label = place.dataset.command ?? (place.getAttribute("aria-label") || place.textContent.trim());
      if (known.has(label) || place.closest("[data-many-bar]")) continue;
      known.add(label);
      const item = option(picture(place), label, shownKey(key));
      item.run = () => press(place);
      item.dataset.words = label;
      // What concerns the list stands below what concerns the record.
      if (place.closest(".c-p-list")) items.push(item); else items.splice(items.findIndex((other) => other.last) >>> 0, 0, item);
      item.last = Boolean(place.closest(".c-p-list"));
    }
    return items;
  };
  const folded = (text) => text.toLowerCase().replaceAll("ё", "е");
  const fits = (item, asked) => { const text = folded(item.dataset.words); return asked.every((word) => text.includes(word)); };
  const head = (text) => { const place = document.createElement("li"); place.setAttribute("role", "presentation"); place.className = "c-pop-h"; place.textContent = text; return place; };
  const listed = () => all("[role=option]", palette());
  const mark = (item) => {
    listed().forEach((other, index) => { other.id = `p${index}`; other.setAttribute("aria-selected", String(other === item)); });
    one("input", palette()).setAttribute("aria-activedescendant", item?.id ?? "");
    item?.scrollIntoView({ block: "nearest" });
  };
  const fill = (found = []) => {
    const asked = folded(words).split(/\s+/).filter(Boolean), list = one("[role=listbox]", palette()), { dataset } = list;
    const own = here().filter((item) => fits(item, asked));
    const places = (known ?? []).filter((item) => fits(item, asked));
    const part = (title, items) => (items.length ? [head(title), ...items] : []);
    const most = asked.length ? 12 : 40;
    list.replaceChildren(...part(dataset.here, own), ...part(dataset.found, found), ...part(dataset.go, places.slice(0, most)));
    one("[data-none]", palette()).hidden = Boolean(list.children.length) || !asked.length;
    mark(listed()[0]);
  };
  let wait = 0;
  const ask = () => {
    words = one("input", palette()).value;
    const mine = ++asking, asked = words.trim();
    fill();
    clearTimeout(wait);
    if (asked.length < 2) return;
    wait = setTimeout(async () => {
      const page = await part(`/palette?q=${encodeURIComponent(asked)}`);
      if (page && mine === asking) fill(all("[role=option]", page));
    }, 180);
  };
  const open = async (begin = "") => {
    const dialog = palette();
    if (!dialog || dialog.open) return;
    all("details[data-menu][open]").forEach((menu) => { menu.open = false; });
    const field = one("input", dialog);
    field.value = words = begin;
    dialog.showModal();
    field.focus();
    fill();
    if (known) return;
    const page = await part("/palette");
    known = page ? all("[role=option]", page) : [];
    if (dialog.open) fill();
  };
  const run = (item) => {
    if (!item) return one("form", palette()).requestSubmit();
    palette().close();
    if (item.run) return item.run();
    if (item.dataset.press) return one(item.dataset.press)?.click();
    if (item.dataset.sheet !== undefined) return sheet();
    const row = item.dataset.conversation && document.getElementById(`c${item.dataset.conversation}`);
    if (row) row.click(); else location.assign(item.dataset.href);
  };
  const sheet = async () => {
    let dialog = one("#sheet");
    if (!dialog) {
      const page = await part("/shortcuts"), made = page && one("#sheet", page);
      if (!made) return location.assign("/shortcuts");
      document.body.append(made);
      dialog = made;
      const box = one("[data-keys-off]", dialog);
      if (box) box.checked = Boolean(off());
      dialog.dispatchEvent(new CustomEvent("crm:arrived", { bubbles: true }));
    }
    if (!dialog.open) dialog.showModal();
  };
  document.addEventListener("input", (event) => { if (event.target.closest("#palette")) ask(); });
  document.addEventListener("click", (event) => {
    const item = event.target.closest("#palette [role=option]");
    if (item) return run(item);
    if (event.target.matches("dialog[open]")) return event.target.close();
    if (event.target.closest("dialog [data-close]")) return event.target.closest("dialog").close();
    const link = event.target.closest("a[data-sheet]");
    if (link && !(event.metaKey || event.ctrlKey || event.shiftKey)) { event.preventDefault(); sheet(); }
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.closest("#palette")) return;
    const item = one("#palette [aria-selected=true]");
    if (item && event.submitter !== null) { event.preventDefault(); run(item); }
  });
  const inPalette = (event) => {
    const list = listed(), at = list.findIndex((item) => item.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step && list.length) mark(list[Math.abs(step) > 1 ? Math.max(0, Math.min(list.length - 1, at + step)) : (at + step + list.length) % list.length]);
    else if (event.key === "Enter" && !event.isComposing) run(list[at]);
    else return;
    event.preventDefault();
  };

  const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "")) === "dark";
  const KEYS = {
    j: () => (rows().length ? move(1) : inTable({ step: 1 })), k: () => (rows().length ? move(-1) : inTable({ step: -1 })),
    J: () => extend(1), K: () => extend(-1),
    o: () => (row() ?? document.activeElement?.closest?.(".c-cover"))?.click(), x: () => (rows().length ? choose(row() ?? move(0)) : inTable({ choose: true })),
    i: () => { const link = one('a[href="#ctx"]'); if (link?.checkVisibility()) link.click(); else one(".c-inbox")?.toggleAttribute("data-alone"); },
    z: () => one("#toasts form")?.requestSubmit(),
    "[": () => beside(-1), "]": () => beside(1),
    c: () => { const menu = find("c"); if (menu) press(menu); else open(one("#palette [role=listbox]").dataset.create); },
    D: () => one(`button[name=theme][value=${dark() ? "light" : "dark"}]`)?.click(),
    "/": () => open(), "?": () => sheet(),
  };
  // Keys that somebody chose: the default key by the one that is pressed, as the server wrote them into the page.
  const OWN = JSON.parse(document.documentElement.dataset.keys ?? "{}");
  const meant = (key, part) => OWN[part]?.[key] ?? key;
  const PLACES = { BracketLeft: "[", BracketRight: "]", Slash: "/" };
  const keyOf = (event) => {
    if (/^[a-z0-9[\]/?]$/i.test(event.key)) return /[a-z]/i.test(event.key) ? (event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase()) : event.key;
    if (event.code === "Slash" && event.shiftKey) return "?";
    const key = event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : PLACES[event.code] ?? "";
    return event.shiftKey ? key.toUpperCase() : key;
  };
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const chord = event.metaKey || event.ctrlKey;
    if (chord && !event.altKey && !event.shiftKey && (event.code === "KeyK" || event.key.toLowerCase() === "k")) {
      event.preventDefault();
      if (palette()?.open) palette().close(); else open();
      return;
    }
    if (event.target.closest?.("#palette")) return inPalette(event);
    if (one("dialog[open]")) return;
    if (event.key === "Escape") {
      const menu = one("details[data-menu][open]");
      if (menu) { menu.open = false; one("summary", menu).focus(); return; }
      if (one("#ctx.c-open")) return document.dispatchEvent(new CustomEvent("crm:context", { detail: { open: false } }));
      if (document.activeElement?.closest("[data-draft]")) return document.activeElement.blur();
      clear();
      return;
    }
    const field = event.target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
    if (chord && event.key === "Enter" && event.target.form) {
      event.preventDefault();
      const send = all('button[type="submit"].c-btn:not([name])', event.target.form).find((button) => button.offsetParent);
      event.target.form.requestSubmit(send);
      return;
    }
    if (field || chord || off()) return;
    if (event.altKey) {
      const panel = /^Digit[1-9]$/.test(event.code) && all("#ctx details.c-sec[data-plugin], .c-record-panels details.c-sec")[Number(event.code.slice(5)) - 1];
      if (panel) { event.preventDefault(); panel.open = true; one("summary", panel).focus(); }
      return;
    }
    const pressed = keyOf(event), key = meant(pressed, "one");
    if (going) {
      clearTimeout(going);
      going = 0;
      const place = meant(pressed, "go"), link = /^[a-z]$/.test(place) && one(`a[data-go="${place}"]`);
      if (link) { event.preventDefault(); return link.click(); }
    }
    if (key === "g") { going = setTimeout(() => { going = 0; }, 1200); return; }
    const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (arrow && event.target.closest?.("#convs")) { event.preventDefault(); move(arrow); return; }
    const action = KEYS[key], place = action ? null : key && find(key);
    if (!action && !place) return;
    event.preventDefault();
    if (action) action(); else press(place);
  });
})();
