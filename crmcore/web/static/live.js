// Live updates: one stream for all tabs of a browser, and what the inbox and open records do with what it tells.
// Everything works without it: pages are as new as their last loading then.
(() => {
  "use strict";
  const home = document.getElementById("live");
  if (!home || !window.fetch || !window.ReadableStream) return;
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const { user, lang, rendered } = home.dataset;
  const name = `crm-live-${user}`;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
  const pause = (ms, signal) => new Promise((done) => {
    setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
  // A page goes on from where the server stood when it made it: the page before this one has heard of more while this
  // one was on its way. Where nobody there knew, it goes on from where that page stopped, and asks for everything once.
  const kept = { get: () => { try { return sessionStorage.getItem(`${name}-last`) ?? ""; } catch { return ""; } }, set: (id) => { try { sessionStorage.setItem(`${name}-last`, id); } catch { /* no storage */ } } };
  let last = home.dataset.place ?? kept.get(), behind = !home.dataset.place;

  // What is told goes to every tab as an event of the document, here and by the channel.
  const hand = (told) => {
    if (told.id) last = told.id;
    document.dispatchEvent(new CustomEvent(`crm:${told.kind}`, { detail: told.body }));
  };
  const tell = (told) => { channel?.postMessage(told); hand(told); };
  if (channel) channel.onmessage = (event) => hand(event.data);

  // The stream: read with fetch, because EventSource neither waits longer each time nor says why it failed.
  const GIVE_UP = [401, 403, 404];
  const listen = async (signal) => {
    let failed = 0, base = 3000, down = 0;
    while (!signal.aborted) {
      let again = true;
      try {
        const headers = { Accept: "text/event-stream" };
        if (last) headers["Last-Event-ID"] = last;
        const answer = await fetch(home.dataset.address, { headers, signal, cache: "no-store", credentials: "same-origin" });
        if (GIVE_UP.includes(answer.status) || answer.redirected) return;
        if (!answer.ok) throw new Error(String(answer.status));
        for await (const told of messages(answer.body.getReader(), (ms) => { base = ms; })) {
          if (told.kind === "hello") {
            clearTimeout(down);
            down = failed = 0;
            tell({ kind: "online", id: told.id, body: told.body });
            if (!told.body.resumed || behind) tell({ kind: "reread", body: {} });
            behind = false;
          } else if (told.kind === "bye") {
            if (told.body.reason === "signed_out") again = false;
            if (told.body.reason === "access_changed") tell({ kind: "reread", body: {} });
          } else tell(told.kind === "reset" ? { kind: "reread", id: told.id, body: {} } : told);
        }
      } catch { /* the line is cut, or the server is away */ }
      if (!again) return;
      if (!down) down = setTimeout(() => tell({ kind: "offline", body: {} }), 5000);
      failed += 1;
      await pause(Math.min(30000, (failed === 1 ? 300 : base * 2 ** (failed - 2))) * (0.5 + Math.random()), signal);
    }
  };

  async function* messages(reader, retry) {
    const text = new TextDecoder();
    let rest = "", told = { kind: "message", data: "", id: "" }, quiet = 0;
    for (;;) {
      // The server says something every twenty seconds: a line that says nothing is cut, and nobody was told.
      quiet = setTimeout(() => reader.cancel(), 50000);
      const { done, value } = await reader.read().finally(() => clearTimeout(quiet));
      if (done) return;
      const lines = (rest + text.decode(value, { stream: true })).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        const at = line.indexOf(":"), field = line.slice(0, at < 0 ? line.length : at), said = at < 0 ? "" : line.slice(at + 1).trimStart();
        if (line === "") {
          if (told.data) yield { kind: told.kind, id: told.id, body: JSON.parse(told.data) };
          else if (told.id) last = told.id;
          told = { kind: "message", data: "", id: "" };
        } else if (field === "event") told.kind = said;
        else if (field === "data") told.data += said;
        else if (field === "id") told.id = said;
        else if (field === "retry") retry(Number(said) || 3000);
      }
    }
  }

  // Whoever holds the lock reads the stream for all; when that tab is closed, the next one goes on where it was.
  let leave = null;
  const begin = () => {
    if (leave) return;
    const control = new AbortController();
    leave = () => { control.abort(); leave = null; };
    if (navigator.locks && channel) {
      let leading = false;
      navigator.locks.request(name, { signal: control.signal }, () => { leading = true; return listen(control.signal); }).catch(() => {});
      // Another tab reads: what happened while this page was on its way here is asked for once.
      setTimeout(() => { if (!leading && !control.signal.aborted) hand({ kind: "reread", body: {} }); }, 400);
    } else listen(control.signal);
  };
  const locked = navigator.locks && channel;
  window.addEventListener("pagehide", () => { kept.set(last); leave?.(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) begin(); });
  // Without locks (a plain http address) a browser has six lines for all tabs: only the tab that is seen takes one.
  document.addEventListener("visibilitychange", () => {
    if (locked) return;
    if (document.hidden) leave?.(); else begin();
  });

  const part = async (address, kind) => {
    const answer = await fetch(address, { headers: { "X-Crm-Fragment": kind, Accept: "text/html" }, credentials: "same-origin" });
    if (answer.status === 404 || answer.redirected) return null; // gone, or signed out
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };
  const say = (words) => { one("#live-said").textContent = words; };

  // One question at a time, the first at once, then less often the more there is to ask; a page that nobody sees
  // asks when it is seen again.
  const asker = (ask, gap) => {
    let wanted = false, busy = false, wait = 0, at = 0, failed = 0;
    const run = async () => {
      if (busy || !wanted || document.hidden) return;
      busy = true;
      while (wanted && !document.hidden) {
        wanted = false;
        wait = Date.now() - at > 3 * wait ? 100 : Math.min(2 * wait, gap);
        try { await ask(); failed = 0; } catch { failed += 1; wanted = true; }
        at = Date.now();
        await pause((failed ? Math.min(500 * 2 ** failed, 30000) : wait) * (0.75 + Math.random() / 2));
      }
      busy = false;
      run();
    };
    document.addEventListener("visibilitychange", run);
    return () => { wanted = true; run(); };
  };

  // Counters, wherever a link has one.
  const COUNTERS = { "c-nav-i": "c-n", "c-tabbar": "c-count", "c-views": "c-muted c-num" };
  const count = (page) => all("[data-count]", page).forEach((found) => {
    const { count: href, n } = found.dataset;
    all(`.c-nav-i, .c-tabbar a, .c-views a`).filter((link) => link.getAttribute("href") === href).forEach((link) => {
      const place = one(".c-n, .c-count, .c-num", link);
      if (n === "0") place?.remove();
      else if (place) place.textContent = found.textContent;
      else {
        const made = document.createElement("span");
        made.className = link.matches(".c-nav-i") ? COUNTERS["c-nav-i"] : link.closest(".c-tabbar") ? COUNTERS["c-tabbar"] : COUNTERS["c-views"];
        made.textContent = found.textContent;
        link.append(made);
      }
    });
  });

  // The list: rows change where they are; they come, go and move only while nobody points at them.
  const changed = new Set(), waiting = new Map();
  let everything = false;
  const list = () => one("#convs");
  const place = () => one("#list");
  const pointed = () => place()?.matches(":hover, :has(:checked)") || place()?.contains(document.activeElement) || place()?.scrollTop > 8;
  const idOf = (row) => row.id.slice(1);
  const narrowed = () => new URLSearchParams(location.search);
  const scopeOf = () => {
    const kept = new URLSearchParams();
    for (const key of ["view", "q", "tag", "filter", "sort", "cursor"]) if (narrowed().get(key)) kept.set(key, narrowed().get(key));
    return kept;
  };
  const key = (item) => Number(one("a", item).dataset.at);
  const put = (item) => {
    const rows = list();
    // In another order than the newest first nobody here knows the place: rows stay, and new ones come last.
    if ("keep" in rows.dataset) { if (!item.isConnected) rows.append(item); return; }
    const after = [...rows.children].find((other) => key(other) < key(item));
    rows.insertBefore(item, after ?? null);
  };
  const bar = () => {
    const button = one("#fresh");
    if (!button) return;
    const n = waiting.size;
    button.hidden = n === 0;
    const form = home.dataset[`new${new Intl.PluralRules(lang).select(n).replace(/^./, (letter) => letter.toUpperCase())}`] ?? home.dataset.newOther;
    button.textContent = n ? form.replace("{n}", new Intl.NumberFormat(lang).format(n)) : "";
  };
  // An empty list has words of its own, which a page that is read again shows.
  const anew = () => {
    if (!openId() && !document.activeElement?.matches("input, textarea")) location.replace(location.href);
  };
  const later = new Map();
  const settle = () => {
    if (!list()) return;
    later.forEach((item, id) => { if (!waiting.has(id) && item.isConnected) put(item); });
    later.clear();
    const held = document.activeElement?.closest?.(".c-conv")?.id;
    for (const item of waiting.values()) {
      const row = one("a", item);
      const was = document.getElementById(row.id)?.parentElement;
      if (was && was !== item) was.remove();
      if (openId() === idOf(row)) row.setAttribute("aria-current", "true");
      put(item);
    }
    all("[data-gone]", list()).forEach((row) => { if (!row.hasAttribute("aria-current")) row.parentElement.remove(); });
    waiting.clear();
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
    bar();
    if (!list().children.length) anew();
  };
  const merge = (page, asked) => {
    const rows = new Map(all(".c-conv", page).map((row) => [idOf(row), row]));
    if (!list()) { if (rows.size) anew(); return; }
    for (const id of asked ?? [...new Set([...rows.keys(), ...all(".c-conv", list()).map(idOf)])]) {
      const now = rows.get(id), was = document.getElementById(`c${id}`);
      if (now && was) {
        const moved = now.dataset.at !== was.dataset.at;
        if (was.innerHTML === now.innerHTML && !moved && !was.hasAttribute("data-gone")) continue;
        for (const attribute of ["data-unread", "data-at"]) {
          if (now.hasAttribute(attribute)) was.setAttribute(attribute, now.getAttribute(attribute)); else was.removeAttribute(attribute);
        }
        was.removeAttribute("data-gone");
        was.innerHTML = now.innerHTML; // our own markup, escaped where it was made
        if (moved && !narrowed().get("cursor")) waiting.set(id, was.parentElement);
      } else if (now && !narrowed().get("cursor")) {
        waiting.set(id, now.parentElement);
      } else if (was) { was.setAttribute("data-gone", ""); waiting.delete(id); }
    }
    const fresh = [...waiting.keys()].filter((id) => !document.getElementById(`c${id}`));
    if (pointed()) {
      // Only what is not on the page is worth a bar; rows that would move wait without one.
      const moving = [...waiting].filter(([id]) => document.getElementById(`c${id}`));
      moving.forEach(([id]) => waiting.delete(id));
      bar();
      if (fresh.length) say(one("#fresh").textContent);
      moving.forEach(([id, item]) => later.set(id, item));
    } else {
      settle();
      if (fresh.length) say(one(".c-conv-name", document.getElementById(`c${fresh[0]}`))?.textContent + ": " + one(".c-conv-subj", document.getElementById(`c${fresh[0]}`))?.textContent);
    }
  };
  const release = () => { if (!pointed()) settle(); };
  ["pointerleave", "focusout", "scroll"].forEach((kind) => document.addEventListener(kind, (event) => {
    if (event.target instanceof Element && (event.target.id === "list" || event.target.closest("#list"))) setTimeout(release, 400);
  }, { capture: true, passive: true }));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#fresh")) return;
    settle();
    place().scrollTop = 0;
    one(".c-conv", list())?.focus({ preventScroll: true });
  });

  const askRows = asker(async () => {
    const ids = [...changed], whole = everything || ids.length > 40;
    changed.clear();
    everything = false;
    const asked = scopeOf();
    if (!one(".c-inbox")) asked.set("rows", "");
    else if (!whole) asked.set("rows", ids.join(","));
    try {
      const page = await part(`/inbox?${asked}`, "rows");
      if (!page) return;
      count(page);
      if (one(".c-inbox")) merge(page, whole ? null : ids);
    } catch (error) {
      ids.forEach((id) => changed.add(id));
      everything ||= whole;
      throw error;
    }
  }, 1000);

  // The open conversation: messages are added and change their state; what is being written is not touched.
  const openId = () => one("#pane-thread")?.dataset.conversation;
  const elsewhere = new Set(); // changed while another one is open, perhaps after the server made what is on its way
  const askThread = asker(async () => {
    const id = openId();
    if (!id || narrowed().get("before")) return;
    const page = await part(`/inbox/${id}?${scopeOf()}`, "thread");
    if (!page || openId() !== id) return;
    const thread = one("#thread"), now = one("#thread", page);
    const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
    let added = 0, day = null;
    for (const item of [...now.children]) {
      if (item.matches(".c-day")) { day = item; continue; }
      if (!item.id) continue;
      const was = document.getElementById(item.id);
      if (!was) {
        if (day && all(".c-day", thread).pop()?.textContent !== day.textContent) thread.append(day);
        thread.append(item);
        if (item.dataset.k !== undefined) added += 1;
      } else if (was.dataset.state !== item.dataset.state || one(".c-msg-err", was)?.textContent !== one(".c-msg-err", item)?.textContent) {
        was.replaceWith(item);
      }
      day = null;
    }
    const bar = one("#pane-thread .c-bar"), fresh = one("#pane-thread .c-bar", page);
    const used = bar.contains(document.activeElement) || one("details[open]", bar);
    if (!used && fresh) { bar.replaceWith(fresh); document.dispatchEvent(new CustomEvent("crm:bar")); }
    if (atEnd) thread.scrollTop = thread.scrollHeight;
    else if (added) one("#below").hidden = false;
  }, 300);
  document.addEventListener("scroll", (event) => {
    if (event.target.id !== "thread") return;
    const { scrollHeight, scrollTop, clientHeight } = event.target;
    if (scrollHeight - scrollTop - clientHeight < 80 && one("#below")) one("#below").hidden = true;
  }, { capture: true, passive: true });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#below")) return;
    one("#thread").scrollTop = one("#thread").scrollHeight;
    one("#below").hidden = true;
  });

  // A record that is open: who sees it is told, and asks for the new version himself.
  const askCounts = asker(async () => { const page = await part("/inbox?rows=", "rows"); if (page) count(page); }, 3000);
  const wantCounts = () => { if (home.dataset.counts) askCounts(); };
  document.addEventListener("crm:change", (event) => {
    const { record_type: type, record_id: id, conversation_id: inside, at, text } = event.detail;
    const conversation = type === "conversation" ? id : inside;
    if (conversation && one(".c-inbox")) {
      changed.add(conversation);
      askRows();
      if (conversation === openId()) askThread(); else elsewhere.add(conversation);
    } else if (conversation || type === "task") wantCounts();
    const note = one(`[data-live-record="${type}:${id}"]`);
    if (note && Date.parse(at) > Date.parse(rendered)) {
      one("[data-live-text]", note).textContent = text;
      note.hidden = false;
      say(text);
    }
  });
  document.addEventListener("crm:reread", (event) => {
    const type = event.detail.record_type;
    if (one(".c-inbox") && (!type || type === "conversation" || type === "message")) {
      everything = true;
      askRows();
      if (openId()) askThread();
    } else if (!one(".c-inbox")) wantCounts();
  });
  const line = one("#live-line");
  // A machine without a network knows it before the stream does.
  let lost = 0;
  window.addEventListener("offline", () => { lost = setTimeout(() => hand({ kind: "offline", body: {} }), 5000); });
  window.addEventListener("online", () => { clearTimeout(lost); hand({ kind: "online", body: {} }); hand({ kind: "reread", body: {} }); });
  document.addEventListener("crm:offline", () => { line.hidden = false; });
  document.addEventListener("crm:online", () => { line.hidden = true; });
  document.addEventListener("crm:thread", () => {
    if (one("#below")) one("#below").hidden = true;
    if (elsewhere.has(openId())) askThread();
  });
  document.addEventListener("crm:opening", () => elsewhere.clear());

  // Saved views may ask what takes a moment: they are counted when the page is there.
  if (one("[data-counted-later]")) askCounts();
  begin();
})();
