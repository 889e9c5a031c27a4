// Brings new mails into the open list every other second. Scroll position, focus and the search box stay.
const PAUSE_MS = 2000;

async function refresh() {
  if (document.hidden) return;
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("mails");
  const shown = document.getElementById("mails");
  if (!fresh || !shown || fresh.innerHTML === shown.innerHTML) return;
  const focused = shown.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  shown.replaceChildren(...fresh.childNodes);
  if (focused) shown.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  const button = document.querySelector("form[method=post] button");
  if (button) button.disabled = shown.querySelector(".none-yet") !== null;
}

async function keepFresh() {
  try {
    await refresh();
    document.title = document.title.replace(/^\(away\) /, "");
  } catch {
    // The stack is restarting; the list is still readable and goes on when the catcher is back.
    if (!document.title.startsWith("(away) ")) document.title = `(away) ${document.title}`;
  }
  setTimeout(keepFresh, PAUSE_MS);
}

setTimeout(keepFresh, PAUSE_MS);
