// The inbox: a conversation opens without leaving the list, what is written survives, several rows are chosen at once.
// Everything works without it, with one more page each.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const fetchPart = (address, kind = "1") => fetch(address, { headers: { "X-Crm-Fragment": kind, Accept: "text/html" }, credentials: "same-origin" });
  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");
  const plain = (event) => !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button);
  const stored = {
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* private mode */ } },
  };

  // Drafts: kept by the server a moment after the last key, a reply and a note apart. What could not be sent there
  // stays in this browser until it can.
  const composer = () => one("form[data-draft]");
  const kindOf = (form) => one('[name="kind"]:checked', form)?.value ?? "reply";
  const localKey = (form, kind) => `crm-draft-${form.dataset.draft}-${kind}`;
  const saying = (form, words) => { const place = one("[data-draft-said]", form); if (place) place.textContent = words ?? ""; };
  const filesOf = (form) => all('.c-composer-files [name="file"]:checked', form).map((box) => ["file", box.value]);
  const mark = (form) => {
    const row = document.getElementById(`c${form.dataset.draft}`), begun = Boolean(form.dataset.reply.trim() || form.dataset.note.trim() || filesOf(form).length);
    if (row && !begun) one(".c-draft", row)?.remove();
  };
  let again = 0;
  const sendStored = () => {
    const form = composer();
    if (form) for (const kind of ["reply", "note"]) { const text = stored.get(localKey(form, kind)); if (text !== null) save(form, kind, text); }
  };
  const save = async (form, kind, text, leaving = false) => {
    const key = localKey(form, kind);
    stored.set(key, text);
    const body = new URLSearchParams([["kind", kind], ["text", text], ...filesOf(form)]);
    const answer = await fetch(form.dataset.keep, { method: "POST", body, credentials: "same-origin", keepalive: leaving && text.length < 50000 }).catch(() => null);
    if (answer?.status === 204) {
      if (stored.get(key) === text) stored.set(key, null);
      saying(form, text.trim() && form.dataset.kept === text ? one("[data-draft-said]", form)?.dataset.kept : "");
      mark(form);
    } else {
      saying(form, one("[data-draft-said]", form)?.dataset.here);
      clearTimeout(again);
      again = setTimeout(sendStored, 8000);
    }
  };
  let saving = 0;
  const flush = (leaving = false) => {
    const form = composer();
    if (!saving || !form) return;
    clearTimeout(saving);
    saving = 0;
    const kind = kindOf(form), text = form.elements.text.value;
    form.dataset[kind] = form.dataset.kept = text;
    save(form, kind, text, leaving);
  };
  document.addEventListener("input", (event) => {
    const form = event.target.name === "text" && event.target.form;
    if (!form || !form.matches("[data-draft]")) return;
    const kind = kindOf(form);
    form.dataset[kind] = event.target.value;
    stored.set(localKey(form, kind), event.target.value);
    saying(form, "");
    clearTimeout(saving);
    saving = setTimeout(flush, 800);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.name === "kind" && event.target.closest("form[data-draft]");
    if (!form) return;
    // The other one's text comes in place of this one's.
    const now = kindOf(form), before = now === "note" ? "reply" : "note", field = form.elements.text;
    if (saving) { clearTimeout(saving); saving = 0; save(form, before, field.value); }
    form.dataset[before] = field.value;
    field.value = form.dataset[now] ?? "";
    field.focus();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-draft]")) return;
    clearTimeout(saving);
    saving = 0;
    bringing?.abort();
    stored.set(localKey(form, kindOf(form)), null);
  });
  window.addEventListener("pagehide", () => flush(true));
  document.addEventListener("crm:online", sendStored);
  const restore = () => {
    const form = composer();
    if (!form) return;
    for (const kind of ["reply", "note"]) {
      const text = stored.get(localKey(form, kind));
      if (text === null) continue;
      form.dataset[kind] = text;
      if (kindOf(form) === kind && !form.querySelector("[aria-invalid]")) form.elements.text.value = text;
      save(form, kind, text);
    }
  };

  let bringing = null;
  const addFiles = (kept, files) => [...files].forEach((file) => { if (!one(`input[value="${one("input", file).value}"]`, kept)) kept.prepend(file); });
  // Chosen files go to the server at once and stay with the draft; what it does not take goes with the form.
  document.addEventListener("change", async (event) => {
    const field = event.target, form = field.form, kept = form?.matches("[data-draft]") && one(".c-composer-files", form);
    if (!kept) return;
    if (field.matches(".c-composer-files [name=file]")) save(form, kindOf(form), form.elements.text.value);
    if (!field.matches(".c-attach input")) return;
    const place = one("[data-attached]", form);
    place.textContent = [...field.files].map((file) => file.name).join(", ");
    const chosen = field.files, signal = (bringing = new AbortController()).signal;
    const answer = await fetch(`${form.dataset.keep}?chosen=1`, { method: "POST", body: new FormData(form), credentials: "same-origin", signal }).catch(() => null);
    if (!answer?.ok || !form.isConnected) return;
    addFiles(kept, parsed(await answer.text()).body.children);
    if (field.files === chosen) field.value = place.textContent = "";
    else save(form, kindOf(form), form.elements.text.value);
  });

  // Canned replies and people: "/" or "@" at the beginning of a word, or the link, offers them; what is chosen takes its place.
  const slash = (field) => /(?:^|\s)([/@])(\S{0,40})$/.exec(field.value.slice(0, field.selectionStart));
  const people = (words) => {
    const names = new Set(all("#pane-thread button[name=assignee][data-initials]").map((place) => place.textContent));
    return [...names].filter((name) => name.toLowerCase().split(/\s+/).some((word) => word.startsWith(words.toLowerCase()))).slice(0, 8).map((name, index) => {
      const item = document.createElement("li");
      item.id = `person-${index}`;
      item.className = "c-pop-i";
      item.setAttribute("role", "option");
      item.dataset.text = `@${name} `;
      item.textContent = name;
      return item;
    });
  };
  const cannedOf = (form) => form && one("[data-canned]", form);
  const closeCanned = (form) => {
    const list = one("[role=listbox]", cannedOf(form) ?? form);
    if (list) list.hidden = true;
    form.elements.text.removeAttribute("aria-activedescendant");
  };
  const markCanned = (form, step) => {
    const options = all("[role=option]", cannedOf(form));
    if (!options.length) return;
    const at = options.findIndex((option) => option.ariaSelected === "true");
    const next = options[(at + step + options.length) % options.length];
    options.forEach((option) => option.setAttribute("aria-selected", String(option === next)));
    form.elements.text.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  };
  let offering = 0;
  const offerCanned = async (form, words, sign = "/") => {
    const place = cannedOf(form), list = one("[role=listbox]", place), mine = ++offering;
    if (sign === "@") list.replaceChildren(...people(words));
    else {
      const answer = await fetchPart(`${place.dataset.canned}?q=${encodeURIComponent(words)}`).catch(() => null);
      if (!answer?.ok || mine !== offering) return;
      list.replaceChildren(...parsed(await answer.text()).body.children);
    }
    list.hidden = !list.children.length;
    if (list.hidden) closeCanned(form); else markCanned(form, 1);
  };
  const putCanned = (form, option) => {
    const field = form.elements.text, found = slash(field), end = field.selectionStart;
    field.setRangeText(option.dataset.text, found ? end - found[2].length - 1 : end, end, "end");
    const files = one("template", option), kept = one(".c-composer-files", form);
    if (files && kept) addFiles(kept, files.content.children);
    closeCanned(form);
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("input", (event) => {
    const form = event.target.name === "text" && event.target.form;
    if (!form || !cannedOf(form)) return;
    const found = slash(event.target);
    offering++;
    if (found) offerCanned(form, found[2], found[1]); else closeCanned(form);
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.name === "text" && event.target.form, place = cannedOf(form);
    if (!place || one("[role=listbox]", place).hidden || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) markCanned(form, step);
    else if (event.key === "Escape") closeCanned(form);
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") putCanned(form, one("[aria-selected=true]", place));
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  // Opening a conversation swaps two panes and leaves the list where it is.
  const toEnd = () => {
    const thread = one("#thread");
    if (thread && !location.hash.startsWith("#m")) thread.scrollTop = thread.scrollHeight;
  };
  let opening = 0;
  const openConversation = async (address, push) => {
    const mine = ++opening;
    flush();
    document.dispatchEvent(new CustomEvent("crm:opening"));
    const answer = await fetchPart(address).catch(() => null);
    if (mine !== opening) return;
    if (!answer?.ok || answer.redirected) return location.assign(address);
    const page = parsed(await answer.text());
    const frame = one(".c-inbox"), thread = one("#pane-thread", page), context = one("#ctx", page);
    if (!frame || !thread || !context) return location.assign(address);
    if (push) history.pushState({ crm: true }, "", address);
    document.title = page.title;
    one("#pane-thread").replaceWith(thread);
    one("#ctx")?.remove();
    frame.append(context);
    frame.dataset.view = "thread";
    const path = new URL(address, location.href).pathname;
    all(".c-conv").forEach((row) => row.toggleAttribute("aria-current", false));
    all(".c-conv").filter((row) => row.pathname === path).forEach((row) => row.setAttribute("aria-current", "true"));
    restore();
    toEnd();
    frame.dispatchEvent(new CustomEvent("crm:arrived", { bubbles: true }));
    document.dispatchEvent(new CustomEvent("crm:thread"));
    const heading = one("#pane-thread h1");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  };
  window.addEventListener("popstate", () => {
    if (/^\/inbox\/[0-9a-f-]{36}$/.test(location.pathname)) openConversation(location.href, false);
    else location.reload();
  });

  // Earlier messages come above, thirty at a time; what is read stays where it is.
  let fetching = false;
  const earlier = async (link) => {
    if (fetching) return;
    fetching = true;
    link.setAttribute("aria-busy", "true");
    const answer = await fetchPart(link.href, "thread").catch(() => null);
    fetching = false;
    if (!answer?.ok || !link.isConnected) return link.removeAttribute("aria-busy");
    const thread = one("#thread"), items = [...one("#thread", parsed(await answer.text())).children];
    const days = items.filter((item) => item.matches(".c-day")), first = one(".c-day", thread);
    if (first && days.at(-1)?.textContent === first.textContent) first.remove();
    const height = thread.scrollHeight - thread.scrollTop;
    link.parentElement.replaceWith(...items.filter((item) => !item.id || !document.getElementById(item.id)));
    thread.scrollTop = thread.scrollHeight - height;
    thread.dispatchEvent(new CustomEvent("crm:arrived", { bubbles: true }));
  };
  document.addEventListener("scroll", (event) => {
    const link = event.target.id === "thread" && event.target.scrollTop < 160 && one("a[data-earlier]", event.target);
    if (link) earlier(link);
  }, { capture: true, passive: true });

  // Details beside the conversation, a drawer where there is no room.
  const toggleContext = (open) => {
    const context = one("#ctx");
    if (!context) return;
    context.classList.toggle("c-open", open);
    if (context.classList.contains("c-open")) {
      context.tabIndex = -1;
      context.focus();
    } else one('a[href="#ctx"]')?.focus();
  };

  // Several at once.
  const many = () => one("[data-many]");
  const boxes = () => all('#convs input[name="id"]');
  const counted = () => {
    const place = one("[data-many-count]"), n = boxes().filter((box) => box.checked).length;
    if (!place) return;
    const words = place.dataset[new Intl.PluralRules(document.documentElement.lang).select(n)] ?? place.dataset.other;
    place.textContent = words.replace("{n}", n);
  };
  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches?.('#convs input[name="id"]')) return;
    const rows = boxes();
    if (event.shiftKey && last && rows.includes(last)) {
      const [from, to] = [rows.indexOf(last), rows.indexOf(box)].sort((a, b) => a - b);
      for (const between of rows.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    counted();
  });
  document.addEventListener("reset", (event) => { if (event.target === many()) setTimeout(counted); });
  document.addEventListener("keydown", (event) => {
    // Return in a row's box opens the row: it is no button of the bar.
    if (event.key !== "Enter" || !event.target.matches?.('#convs input[name="id"]')) return;
    event.preventDefault();
    one("a", event.target.closest("li")).click();
  });

  document.addEventListener("click", async (event) => {
    const at = (selector) => event.target.closest(selector);
    const place = at("[data-canned]"), form = place?.closest("form");
    if (form && at("[role=option]")) putCanned(form, at("[role=option]"));
    else if (form && at("a") && plain(event)) {
      event.preventDefault();
      form.elements.text.focus();
      offerCanned(form, "");
      return;
    } else all("form[data-draft]").filter(cannedOf).forEach(closeCanned);
    if (!plain(event)) return;
    const row = at("a[data-open-conversation]"), more = at("a[data-earlier]"), filter = at("a[data-filter]");
    if (row || more || filter || at('a[href="#ctx"], [data-close-context], [data-builder-close]')) event.preventDefault();
    if (row) openConversation(row.href, true);
    if (more) earlier(more);
    if (at('a[href="#ctx"]')) toggleContext();
    if (at("[data-close-context]")) toggleContext(false);
    if (at("[data-builder-close]")) { one("#builder-place").replaceChildren(); one("a[data-filter]").focus(); }
    if (filter) {
      if (one("#builder")) return one("#builder-place").replaceChildren();
      const answer = await fetchPart(filter.href).catch(() => null);
      const builder = answer?.ok && one("#builder", parsed(await answer.text()));
      if (!builder) return location.assign(filter.href);
      one("#builder-place").replaceChildren(builder);
      one('[name="add"]', builder).focus();
    }
  });
  document.addEventListener("crm:context", (event) => toggleContext(event.detail?.open));

  restore();
  toEnd();
  counted();
  one('#list [aria-current="true"]')?.scrollIntoView({ block: "nearest" });
  one(".c-views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
})();
