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

  // What has come is put in together, at the latest 300 ms after the first: the rest moves once, not with each.
  const coming = { open: 0, ready: [], timer: 0 };
  const putIn = () => { clearTimeout(coming.timer); coming.timer = 0; coming.ready.splice(0).forEach((go) => go()); };
  const together = () => new Promise((go) => {
    coming.ready.push(go);
    if (coming.ready.length >= coming.open) putIn(); else coming.timer ||= setTimeout(putIn, 300);
  });
  // Panels: each loads by itself; a failure concerns nobody else.
  const loadPanel = async (place, address) => {
    coming.open++;
    try {
      const answer = await fetchPart(address);
      if (answer.status === 204) return place.remove();
      if (!answer.ok) throw new Error(String(answer.status));
      const filled = one("details", parsed(await answer.text()));
      await together();
      filled.open = place.open;
      place.replaceWith(filled);
    } catch {
      const body = one(".c-sec-b", place);
      const link = one("noscript", place);
      body.removeAttribute("aria-busy");
      one(".c-skel", place)?.remove();
      if (link) body.innerHTML = link.textContent; // our own markup, shown as it is without scripts
    } finally {
      coming.open--;
      if (coming.ready.length && coming.ready.length >= coming.open) putIn();
    }
  };
  // One far below the window is asked for when it is near: nobody waits for it, and the page stays light.
  const near = new IntersectionObserver((places) => places.filter((place) => place.isIntersecting).forEach(({ target }) => {
    near.unobserve(target);
    loadPanel(target, target.dataset.panel);
  }), { rootMargin: "150px 0px", scrollMargin: "150px 0px" });
  const loadPanels = (root) => all("[data-panel]", root).forEach((place) => near.observe(place));

  const onMac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);
  // Menus for a narrow window are there twice: a wide one has them in store, out of the page.
  const wide = matchMedia("(min-width: 720px)");
  const store = () => {
    if (wide.matches) all(".c-only-m-block").forEach((place) => {
      const stored = document.createElement("template");
      place.replaceWith(stored);
      stored.content.append(place);
      stored.dataset.narrow = "";
    });
    else all("template[data-narrow]").forEach((stored) => stored.replaceWith(stored.content));
  };
  wide.addEventListener("change", store);
  document.addEventListener("crm:bar", store);
  const arrive = (root) => {
    store();
    loadPanels(root);
    showOptions(root);
    if (onMac) all("[data-combo]", root).forEach((place) => { place.textContent = place.textContent.replace("Ctrl ", "⌘"); });
  };
  // A part of the page came anew.
  document.addEventListener("crm:arrived", (event) => arrive(event.target));

  // What is at work tells how far it is; when it has ended, the whole page is asked for.
  const poll = (place) => place && setTimeout(async () => {
    if (!place.isConnected) return;
    const answer = document.hidden ? null : await fetchPart(place.dataset.poll).catch(() => null);
    const now = answer?.ok ? one("[data-poll]", parsed(await answer.text())) : place;
    if (!now) return location.reload();
    if (now !== place) place.replaceWith(now);
    poll(now);
  }, 1500);

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
    const plain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button);
    const again = event.target.closest("a[data-panel-again]");
    if (again && plain) {
      event.preventDefault();
      const place = again.closest("details");
      again.setAttribute("aria-busy", "true");
      loadPanel(place, again.getAttribute("href"));
      return;
    }
    all("details[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
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
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) all("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
  const begin = () => {
    arrive(document);
    poll(one("[data-poll]"));
    // A strip that goes on beyond the edge stands at the page that is open.
    all(".c-set-nav, .c-views, .c-tabs, .c-seg-scroll").forEach((strip) => {
      const here = one("[aria-current]", strip)?.getBoundingClientRect(), whole = strip.getBoundingClientRect();
      if (here) strip.scrollLeft += here.left - whole.left - (whole.width - here.width) / 2;
    });
    const address = new URL(location.href);
    if (address.searchParams.has("done")) {
      for (const told of ["done", "undo", "of", "run"]) address.searchParams.delete(told);
      history.replaceState(history.state, "", address);
    }
    const off = one("[data-keys-off]");
    if (off) off.checked = Boolean(kept.get("crm-keys-off"));
    one("#problems")?.focus();
  };
  begin();
})();
