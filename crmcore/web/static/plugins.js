// What plugins add to pages: blocks under messages, dialogs of their buttons, panels that stay folded.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const fetchPart = (address) =>
    fetch(address, { headers: { "X-Crm-Fragment": "1", Accept: "text/html" }, credentials: "same-origin" }).catch(() => null);
  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

  // Under messages: one after the other, so that a thread of fifty is no burst of requests.
  let loading = false;
  const loadUnder = async () => {
    if (loading) return;
    loading = true;
    for (let place = one("[data-blocks]"); place; place = one("[data-blocks]")) {
      const address = place.dataset.blocks;
      place.removeAttribute("data-blocks");
      const answer = await fetchPart(address);
      const filled = answer?.status === 200 ? one(".c-under", parsed(await answer.text())) : null;
      const thread = one("#thread");
      const atEnd = thread && thread.scrollHeight - thread.scrollTop - thread.clientHeight < 8;
      if (filled) place.replaceWith(filled);
      else if (answer?.ok) place.remove();
      if (atEnd) thread.scrollTop = thread.scrollHeight;
    }
    loading = false;
  };
  new MutationObserver(() => { if (one("[data-blocks]")) loadUnder(); }).observe(document.body, { childList: true, subtree: true });
  loadUnder();

  // What was set off is told once: the address does not keep it.
  const address = new URL(location.href);
  if (address.searchParams.has("acted")) {
    for (const told of ["acted", "fresh"]) address.searchParams.delete(told);
    history.replaceState(history.state, "", address);
  }

  // Buttons that ask first open a dialog.
  const openAction = async (link) => {
    const answer = await fetchPart(link.href);
    const found = answer?.ok && !answer.redirected ? one(".c-dialog-b", parsed(await answer.text())) : null;
    if (!found) return location.assign(link.href);
    const dialog = document.createElement("dialog"), heading = one("h2", found);
    heading.id = "dialog-h";
    dialog.className = "c-dialog";
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.append(found);
    dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
    document.body.append(dialog);
    dialog.showModal();
    one("input:not([type=hidden]), select, textarea", dialog)?.focus();
  };
  const tellFolded = (panel) => fetch(`/ui/panels/${encodeURIComponent(panel.dataset.key)}/fold`, {
    method: "POST", credentials: "same-origin", body: new URLSearchParams({ folded: panel.open ? "1" : "" }),
  }).catch(() => null);
  document.addEventListener("click", (event) => {
    const summary = event.target.closest("details[data-key] > summary");
    if (summary) tellFolded(summary.parentElement); // it is still as it was before the click
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("[data-action]"), close = event.target.closest("dialog [data-close-dialog]");
    if (!link && !close) return;
    event.preventDefault();
    if (close) close.closest("dialog").close();
    else openAction(link);
  });
})();
