// Cards of plugins that ask for somebody at once: a call comes in. One key opens the newest, Escape closes it.
// They stay while pages change, and what is opened or closed in one tab is gone in all.
(() => {
  "use strict";
  const home = document.getElementById("live"), place = document.getElementById("pops"), mould = document.getElementById("pop-card");
  if (!home || !place || !mould) return;
  const name = `crm-pops-${home.dataset.user}`;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
  // The server's clock: the browser's may be wrong by hours.
  const began = Date.parse(home.dataset.rendered);
  const now = () => began + performance.now();
  const shown = new Map();
  // Signs that turn writing round, as the pages leave them out.
  const undirected = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "");

  const keep = () => {
    try {
      if (shown.size) sessionStorage.setItem(name, JSON.stringify([...shown.values()].map(({ pop }) => pop)));
      else sessionStorage.removeItem(name);
    } catch { /* no storage: cards end with the page */ }
  };
  const drop = (key) => {
    const found = shown.get(key);
    if (!found) return;
    clearTimeout(found.timer);
    found.card.remove();
    shown.delete(key);
    keep();
  };
  const close = (key) => { drop(key); channel?.postMessage({ close: key }); };
  const go = (pop) => { close(pop.key); location.assign(pop.open); };

  const show = (pop) => {
    const left = pop.until - now();
    if (shown.get(pop.key)?.pop.at > pop.at) return;
    drop(pop.key);
    if (left <= 0 || !pop.title) return;
    const card = mould.content.firstElementChild.cloneNode(true);
    const [title, text] = [card.querySelector("strong"), card.querySelector("p")];
    title.textContent = undirected(pop.title);
    text.textContent = undirected(pop.text);
    text.hidden = !pop.text;
    card.setAttribute("aria-label", pop.title);
    if (/^[a-z0-9-]+$/.test(pop.icon)) card.querySelector("use").setAttribute("href", `${place.dataset.icons}#${pop.icon}`);
    const link = card.querySelector("a");
    if (/^\/(?![/\\])/.test(pop.open)) {
      link.href = pop.open;
      link.addEventListener("click", (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
        event.preventDefault();
        go(pop);
      });
    } else link.remove();
    card.querySelector("button").addEventListener("click", () => close(pop.key));
    shown.set(pop.key, { pop, card, timer: setTimeout(() => drop(pop.key), left) });
    place.prepend(card);
    keep();
  };

  document.addEventListener("crm:notice", ({ detail: { topic, text, at, data } }) => {
    if (topic !== "pop") return;
    const [title, ...rest] = text.split("\n");
    const sent = Date.parse(at);
    show({ key: data.key, title, text: rest.join("\n"), open: data.open, icon: data.icon, at: sent, until: sent + 1000 * data.seconds });
  });
  document.addEventListener("keydown", (event) => {
    if (!shown.size || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const { pop } = [...shown.values()].pop();
    const nowhere = document.activeElement === document.body && !document.querySelector("dialog[open]");
    if (event.key === "Escape") close(pop.key);
    else if (pop.open && (event.key === "F2" || (event.key === "Enter" && nowhere))) go(pop);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });

  if (channel) {
    channel.onmessage = ({ data }) => {
      if (data.close) drop(data.close);
      else if (data.ask) shown.forEach(({ pop }) => channel.postMessage({ pop }));
      else if (data.pop && !shown.has(data.pop.key)) show(data.pop);
    };
    channel.postMessage({ ask: true });
  }
  try { JSON.parse(sessionStorage.getItem(name) ?? "[]").forEach(show); } catch { /* nothing was kept */ }
})();
