// What makes lists quicker: the filter's form follows what is chosen, records are looked at beside the list, one field is
// changed where it stands. Everything works without it, with one more page each.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const get = (address, more = {}) => fetch(address, { headers: { Accept: "text/html" }, credentials: "same-origin", ...more });
  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");
  const plain = (event) => !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button);

  // The filter's form: another comparison has another kind of value.
  const refresh = async (form, more) => {
    const values = new URLSearchParams(new FormData(form));
    values.delete("do");
    for (const [name, value] of more) values.set(name, value);
    const answer = await get(`${form.getAttribute("action")}?${values}`).catch(() => null);
    const fresh = answer && one("#builder", parsed(await answer.text()));
    if (!fresh) return form.requestSubmit();
    fresh.open = true;
    const last = document.activeElement?.name;
    one("#builder").replaceWith(fresh);
    const lines = all(".c-cond", fresh);
    const next = last === "add" ? one("input:not([type=hidden]), select", lines.at(-1) ?? fresh) : one(`[name="${last}"]`, fresh);
    (next ?? one("summary, select", fresh)).focus();
  };
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field.matches("[data-refresh]") && field.form) refresh(field.form, [["do", "refresh"]]);
    if (field.form?.matches("[data-bulk]")) count(field.form);
    const pick = field.closest?.("[data-pick]");
    if (pick && field.type !== "checkbox") one("[data-pick-it]", pick).checked = true;
  });
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!event.target.matches("[data-builder]") || !button || (button.name !== "drop" && button.value !== "refresh")) return;
    event.preventDefault();
    refresh(event.target, [["do", "refresh"], [button.name, button.value]]);
  });

  // Choosing rows: a box for all of the page, how many are chosen, and the bar only when it is of use.
  const boxes = (form) => all('input[name="id"]', form);
  const count = (form) => {
    const chosen = boxes(form).filter((box) => box.checked).length;
    const everything = one('[name="everything"]', form).checked;
    one("[data-bulk-bar]", form).hidden = !chosen && !everything;
    one("[data-chosen]", form).hidden = everything;
    one("output", form).value = chosen;
    const page = one("[data-page-box]", form);
    if (page) { page.checked = chosen === boxes(form).length; page.indeterminate = Boolean(chosen) && !page.checked; }
  };
  const begin = () => {
    const form = one("[data-bulk]");
    if (!form) return;
    const head = one("th.c-sel", form), box = document.createElement("input");
    box.type = "checkbox";
    box.dataset.pageBox = "";
    box.setAttribute("aria-label", one("span", head).textContent);
    box.addEventListener("change", () => { for (const row of boxes(form)) row.checked = box.checked; });
    head.replaceChildren(box);
    count(form);
  };
  // A file is fetched without leaving the page: the form can be sent again.
  document.addEventListener("submit", (event) => {
    if (!["csv", "xlsx"].includes(event.submitter?.value)) return;
    setTimeout(() => { delete event.target.dataset.sent; event.submitter.removeAttribute("aria-busy"); });
  });
  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches?.('[data-bulk] input[name="id"]')) return;
    const row = boxes(box.form);
    if (event.shiftKey && last && row.includes(last)) {
      const [from, to] = [row.indexOf(last), row.indexOf(box)].sort((a, b) => a - b);
      for (const between of row.slice(from, to + 1)) between.checked = box.checked;
      count(box.form);
    }
    last = box;
  });

  // Beside the list.
  const looked = () => one("tr.c-table-row[aria-current]");
  const peek = async (address) => {
    const answer = await get(address).catch(() => null);
    if (!answer?.ok) return location.assign(address);
    const page = parsed(await answer.text()), fresh = one("#peek", page);
    if (!fresh) return location.assign(address);
    one("#peek").replaceWith(fresh);
    one(".c-list-page").toggleAttribute("data-peek", !fresh.hidden);
    const rows = all("tr.c-table-row"), was = looked() ?? document, marked = all("tr.c-table-row", page);
    rows.forEach((row, index) => (marked[index]?.hasAttribute("aria-current") ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current")));
    history.replaceState(history.state, "", address);
    // Closed, it leaves the focus where it was opened: in the row that was looked at.
    if (fresh.hidden) one("a[data-peek]", was)?.focus(); else one("[data-peek-close]", fresh).focus();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-peek], a[data-peek-close]");
    if (link && plain(event)) { event.preventDefault(); peek(link.href); }
    const edit = event.target.closest?.("a.c-fact-edit");
    if (edit && plain(event)) { event.preventDefault(); editHere(edit); }
  });

  // One field, where it stands. Escape puts it back.
  const editHere = async (link) => {
    const place = link.closest("dd"), before = [...place.childNodes];
    const answer = await get(link.href).catch(() => null);
    if (!answer?.ok || answer.redirected) return location.assign(link.href);
    const back = () => { place.replaceChildren(...before); link.focus(); };
    show(place, parsed(await answer.text()), back);
  };
  const show = (place, page, back) => {
    const form = one("form.c-form", page);
    form.classList.add("c-inline-edit");
    place.replaceChildren(...all("#problems", page), form);
    for (const cancel of all("a.c-btn", form)) cancel.addEventListener("click", (event) => { event.preventDefault(); back(); });
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); back(); } });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      const body = new FormData(form, event.submitter);
      const answer = await get(form.action, { method: "POST", body: form.enctype === "multipart/form-data" ? body : new URLSearchParams(body) }).catch(() => null);
      if (!answer || answer.redirected || answer.status >= 500) return location.assign(answer?.redirected ? answer.url : form.action);
      show(place, parsed(await answer.text()), back);
    });
    (one("[aria-invalid], input:not([type=hidden]), select, textarea", form) ?? form).focus();
  };
  // The keys of the map that go through rows and choose one, whichever somebody gave them.
  document.addEventListener("crm:row", ({ detail }) => {
    const rows = all("tr.c-table-row"), at = rows.indexOf(document.activeElement?.closest("tr"));
    if (detail.step && rows.length) one(".c-cover", rows[Math.max(0, Math.min(rows.length - 1, at + detail.step))]).focus();
    const beside = detail.beside > 0 ? looked()?.nextElementSibling : detail.beside && looked()?.previousElementSibling;
    if (beside) one("a[data-peek]", beside)?.click();
    if (detail.choose && at >= 0) one('input[name="id"]', rows[at]).click();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.target.closest?.("input, textarea, select")) return;
    const close = one(".c-list-page[data-peek] [data-peek-close]");
    if (close) peek(close.href);
  });
  begin();
})();
