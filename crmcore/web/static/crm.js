// What makes the pages quicker. Everything works without it, except that panels then open on a page of their own.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const kept = {
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* private mode */ } },
  };
  const fetchPart = (address) => fetch(address, { headers: { "X-Crm-Fragment": "1", Accept: "text/html" }, credentials: "same-origin" });
  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

  // Panels: each loads by itself; a failure concerns nobody else.
  const loadPanel = async (place, address) => {
    try {
      const answer = await fetchPart(address);
      if (answer.status === 204) return place.remove();
      if (!answer.ok) throw new Error(String(answer.status));
      const filled = one("details", parsed(await answer.text()));
      filled.open = place.open;
      place.replaceWith(filled);
    } catch {
      const body = one(".c-sec-b", place);
      const link = one("noscript", place);
      body.removeAttribute("aria-busy");
      one(".c-skel", place)?.remove();
      if (link) body.innerHTML = link.textContent; // our own markup, shown as it is without scripts
    }
  };
  const loadPanels = (root) => all("[data-panel]", root).forEach((place) => loadPanel(place, place.dataset.panel));

  // Drafts: a reply survives leaving the page; sending it forgets it. What was a note comes back as a note.
  const draftKey = (form) => `crm-draft-${form.dataset.draft}`;
  const restoreDraft = (root) => {
    const form = one("[data-draft]", root);
    if (!form) return;
    const text = form.elements.text, draft = kept.get(draftKey(form));
    if (text.value || !draft) return;
    const [kind, words] = [draft.slice(0, draft.indexOf(":")), draft.slice(draft.indexOf(":") + 1)];
    const choice = one(`[name="kind"][value="${kind === "note" ? "note" : "reply"}"]`, form);
    if (!choice) return;
    choice.checked = true;
    text.value = words;
  };
  const keepDraft = (form) => {
    const text = form.elements.text.value;
    kept.set(draftKey(form), text && `${one('[name="kind"]:checked', form)?.value}:${text}`);
  };
  const toEnd = () => {
    const thread = one("#thread");
    if (thread && !location.hash.startsWith("#m")) thread.scrollTop = thread.scrollHeight;
  };

  // Opening a conversation swaps two panes and leaves the list where it is.
  let opening = 0;
  const openConversation = async (address, push) => {
    const mine = ++opening;
    let answer;
    try {
      answer = await fetchPart(address);
    } catch {
      location.assign(address);
      return;
    }
    if (mine !== opening) return;
    if (!answer.ok || answer.redirected) return location.assign(address);
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
    arrive(document);
    document.dispatchEvent(new CustomEvent("crm:thread"));
    const heading = one("#pane-thread h1");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  };

  const onMac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);
  const arrive = (root) => {
    loadPanels(root);
    restoreDraft(root);
    toEnd();
    showOptions(root);
    if (onMac) all("[data-combo]", root).forEach((place) => { place.textContent = "⌘↵"; });
  };

  // What is at work tells how far it is; when it has ended, the whole page is asked for.
  const poll = (place) => place && setTimeout(async () => {
    if (!place.isConnected) return;
    const answer = document.hidden ? null : await fetchPart(place.dataset.poll).catch(() => null);
    const now = answer?.ok ? one("[data-poll]", parsed(await answer.text())) : place;
    if (!now) return location.reload();
    if (now !== place) place.replaceWith(now);
    poll(now);
  }, 1500);

  // Canned replies: "/" at the beginning of a word, or the link, offers them; the chosen one takes its place.
  const slash = (field) => /(?:^|\s)\/(\S{0,40})$/.exec(field.value.slice(0, field.selectionStart));
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
  const offerCanned = async (form, words) => {
    const place = cannedOf(form), list = one("[role=listbox]", place), mine = ++offering;
    const answer = await fetchPart(`${place.dataset.canned}?q=${encodeURIComponent(words)}`).catch(() => null);
    if (!answer?.ok || mine !== offering) return;
    list.replaceChildren(...parsed(await answer.text()).body.children);
    list.hidden = !list.children.length;
    if (list.hidden) closeCanned(form); else markCanned(form, 1);
  };
  const putCanned = (form, option) => {
    const field = form.elements.text, found = slash(field), end = field.selectionStart;
    field.setRangeText(option.dataset.text, found ? end - found[1].length - 1 : end, end, "end");
    closeCanned(form);
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("input", (event) => {
    const form = event.target.name === "text" && event.target.form;
    if (!form || !cannedOf(form)) return;
    const found = slash(event.target);
    offering++;
    if (found) offerCanned(form, found[1]); else closeCanned(form);
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
  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-canned]"), form = place?.closest("form");
    const option = event.target.closest("[role=option]");
    if (form && option) putCanned(form, option);
    else if (form && event.target.closest("a") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      form.elements.text.focus();
      offerCanned(form, "");
    } else all("form[data-draft]").filter(cannedOf).forEach(closeCanned);
  });

  // Field builder: the preview follows the form.
  let previewing;
  const preview = (event) => {
    const form = event.target.form, place = form && one("[data-preview]", form);
    if (!place) return;
    clearTimeout(previewing);
    previewing = setTimeout(async () => {
      const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
      const answer = await fetch(place.dataset.preview, { method: "POST", body, headers: { "X-Crm-Fragment": "1", Accept: "text/html" } }).catch(() => null);
      if (!answer?.ok) return;
      const was = one("#preview", place), now = one("#preview", parsed(await answer.text()));
      const inside = was.contains(document.activeElement), open = one("details[open]", was);
      if (open && one("details", now)) one("details", now).open = true;
      was.replaceWith(now);
      const field = inside && one("[name=tried]:not([type=hidden])", now);
      if (field) { field.focus(); if (field.setSelectionRange && /text|url|search|tel/.test(field.type)) field.setSelectionRange(field.value.length, field.value.length); }
    }, 400);
  };
  document.addEventListener("input", preview);

  // Field builder: only the options of the chosen type.
  const showOptions = (root) => all("[data-options-of]", root).forEach((part) => {
    const chosen = one(`[name="${part.dataset.optionsOf}"]`);
    part.hidden = Boolean(chosen) && !part.dataset.value.split(" ").includes(chosen.value);
  });

  // A form that shows what is picked in it, in words.
  let wording;
  const showWords = (form) => {
    clearTimeout(wording);
    wording = setTimeout(async () => {
      const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
      asked.delete("notes");
      const answer = await fetchPart(`${form.dataset.words}?${asked}`).catch(() => null);
      if (answer?.ok) one("#preview", form).replaceChildren(...parsed(await answer.text()).body.childNodes);
    }, 200);
  };

  // The bell: counted anew when something came for whoever sits here.
  const countBell = async () => {
    const answer = await fetchPart("/notifications/count").catch(() => null);
    if (answer?.ok) {
      const text = await answer.text();
      all("[data-bell]").forEach((bell) => bell.replaceChildren(...parsed(text).body.childNodes));
    }
  };
  document.addEventListener("crm:notice", (event) => { if (event.detail.topic === "notification") countBell(); });
  document.addEventListener("crm:reread", () => { if (one("[data-bell]")) countBell(); });

  // Fields that refer to a record suggest what is found by what was typed so far.
  let lookingUp;
  document.addEventListener("input", (event) => {
    const field = event.target, address = field.dataset?.lookup;
    if (!address) return;
    clearTimeout(lookingUp);
    lookingUp = setTimeout(async () => {
      const typed = field.value;
      const answer = await fetchPart(`${address}?q=${encodeURIComponent(typed)}`).catch(() => null);
      if (answer?.ok && field.value === typed) field.list.replaceChildren(...all("option", parsed(await answer.text())));
    }, 200);
  });

  document.addEventListener("click", (event) => {
    const row = event.target.closest("a[data-open-conversation]");
    const plain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button);
    if (row && plain) {
      event.preventDefault();
      openConversation(row.href, true);
      return;
    }
    const again = event.target.closest("a[data-panel-again]");
    if (again && plain) {
      event.preventDefault();
      const place = again.closest("details");
      again.setAttribute("aria-busy", "true");
      loadPanel(place, again.getAttribute("href"));
      return;
    }
    if (event.target.closest('a[href="#ctx"]')) {
      event.preventDefault();
      toggleContext();
      return;
    }
    if (event.target.closest("[data-close-context]")) {
      event.preventDefault();
      toggleContext(false);
      return;
    }
    all("details[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  const toggleContext = (open) => {
    const context = one("#ctx");
    if (!context) return;
    context.classList.toggle("c-open", open);
    const opener = one('a[href="#ctx"]');
    if (context.classList.contains("c-open")) {
      context.tabIndex = -1;
      context.focus();
    } else opener?.focus();
  };

  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-draft]");
    if (form) keepDraft(form);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-keys-off]")) kept.set("crm-keys-off", event.target.checked ? "1" : "");
    if (event.target.form) showOptions(event.target.form);
    if (event.target.form?.dataset.words) showWords(event.target.form);
    const follower = event.target.form && one(`[data-lookup-of="${event.target.name}"]`, event.target.form);
    if (follower && event.target.value) follower.dataset.lookup = `/lookup/${event.target.value}`;
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.draft) kept.set(draftKey(form), "");
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) all("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
  window.addEventListener("popstate", () => {
    if (one(".c-inbox") && /^\/inbox\/[0-9a-f-]{36}$/.test(location.pathname)) openConversation(location.href, false);
    else location.reload();
  });

  // Keys go by their place on the keyboard, so that they work in a Cyrillic layout too.
  const code = (event) => (event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key);
  const move = (step) => {
    const rows = all(".c-conv");
    if (!rows.length) return;
    let at = rows.indexOf(document.activeElement);
    if (at < 0) at = rows.findIndex((row) => row.hasAttribute("aria-current"));
    rows[Math.max(0, Math.min(rows.length - 1, at + step))].focus();
  };
  const write = (kind) => {
    const form = one("[data-draft]");
    const choice = form && one(`[name="kind"][value="${kind}"]`, form);
    if (!choice) return;
    choice.checked = true;
    form.elements.text.focus();
  };
  const openMenu = (key) => {
    const menu = one(`details[data-key-menu="${key}"]`);
    if (!menu) return;
    menu.open = true;
    one("button, a", one(".c-pop", menu))?.focus();
  };
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    r: () => write("reply"),
    n: () => write("note"),
    e: () => one('form[data-key="e"]')?.requestSubmit(),
    a: () => openMenu("a"),
    s: () => openMenu("s"),
    i: () => toggleContext(),
    "/": () => one('[data-key="/"]')?.focus(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      const menu = one("details[data-menu][open]");
      if (menu) { menu.open = false; one("summary", menu).focus(); return; }
      if (one("#ctx.c-open")) return toggleContext(false);
      if (document.activeElement?.closest("[data-draft]")) document.activeElement.blur();
      return;
    }
    const field = event.target.closest?.("input, textarea, select, [contenteditable]");
    if ((event.metaKey || event.ctrlKey) && event.key === "Enter" && field?.form) {
      event.preventDefault();
      const send = all('button[type="submit"].c-btn:not([name])', field.form).find((button) => button.offsetParent);
      field.form.requestSubmit(send);
      return;
    }
    if (field || event.metaKey || event.ctrlKey || event.altKey || kept.get("crm-keys-off")) return;
    const action = keys[code(event)];
    if (!action || (event.shiftKey && event.key !== "/")) return;
    event.preventDefault();
    action();
  });

  const begin = () => {
    arrive(document);
    poll(one("[data-poll]"));
    const address = new URL(location.href);
    if (address.searchParams.has("done")) {
      address.searchParams.delete("done");
      address.searchParams.delete("undo");
      history.replaceState(history.state, "", address);
    }
    const off = one("[data-keys-off]");
    if (off) off.checked = Boolean(kept.get("crm-keys-off"));
    one('#list [aria-current="true"]')?.scrollIntoView({ block: "nearest" });
    one("#problems")?.focus();
  };
  begin();
})();
