// What pages can't do without a script: copying, dialogs in place of pages, and samples one language at a time.
// Everything here only adds: a page that never loads this file works.

const told = document.getElementById("told");

// tell has a screen reader say a text.
function tell(text) {
  if (!told) return;
  told.textContent = "";
  setTimeout(() => { told.textContent = text; }, 50);
}

// Copy buttons: the text stands in data-copy, or in the element that data-copy-from names.
function readyCopying(root) {
  for (const button of root.querySelectorAll("button.copy")) button.hidden = !navigator.clipboard;
}

async function copy(button) {
  const from = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
  const text = from ? from.textContent : button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    tell("Copying was not allowed.");
    return;
  }
  button.classList.add("done");
  tell("Copied.");
  setTimeout(() => button.classList.remove("done"), 1500);
}

// A link with data-dialog leads to a page with a form; the form is shown in a dialog instead, and posts as it would
// from its page.
async function openDialog(link) {
  if (document.querySelector("dialog")) return;
  const answer = await fetch(link.href, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const body = page.querySelector("[data-dialog-body]");
  if (!answer.ok || !body) {
    location.assign(link.href);
    return;
  }
  const dialog = document.createElement("dialog");
  // The names of elements stay their own: what the page has by the same id is looked up second.
  dialog.append(document.importNode(body, true));
  const title = dialog.querySelector("h1");
  if (title) {
    title.id = "dialog-title";
    dialog.setAttribute("aria-labelledby", title.id);
  }
  for (const cancel of dialog.querySelectorAll("a[data-cancel]")) {
    cancel.addEventListener("click", (event) => { event.preventDefault(); dialog.close(); });
  }
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  document.body.append(dialog);
  readyCopying(dialog);
  dialog.showModal();
}

// Samples: a tab for each language. The choice is kept for the next page.
const keptLanguage = "yipii-language";

function recall() {
  try { return localStorage.getItem(keptLanguage); } catch { return null; }
}

function keep(name) {
  try { localStorage.setItem(keptLanguage, name); } catch { /* a browser that keeps nothing */ }
}

function readyTabs(box) {
  const panels = [...box.querySelectorAll("[data-tab]")];
  const list = document.createElement("div");
  list.className = "tabs";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", box.dataset.tabs);
  const tabs = panels.map((panel) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = `tab-${panel.dataset.tab}`;
    tab.textContent = panel.querySelector("h3").textContent;
    tab.setAttribute("role", "tab");
    panel.id = `panel-${panel.dataset.tab}`;
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.querySelector("h3").hidden = true;
    list.append(tab);
    return tab;
  });
  const choose = (chosen) => {
    panels.forEach((panel, i) => {
      panel.hidden = i !== chosen;
      tabs[i].setAttribute("aria-selected", String(i === chosen));
      tabs[i].tabIndex = i === chosen ? 0 : -1;
    });
  };
  tabs.forEach((tab, i) => tab.addEventListener("click", () => { choose(i); keep(panels[i].dataset.tab); }));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length;
    tabs[next].focus();
    tabs[next].click();
  });
  box.prepend(list);
  choose(Math.max(0, panels.findIndex((panel) => panel.dataset.tab === recall())));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.copy");
  if (button) copy(button);
  const link = event.target.closest("a[data-dialog]");
  if (link && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    openDialog(link).catch(() => location.assign(link.href));
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A form is sent once, however often its button is pressed. One that leads to a download leaves its page where it is, so
// after a while it may be sent again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
  } else if (form.method === "post") {
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 3000);
  }
});
addEventListener("pageshow", () => {
  for (const sent of document.querySelectorAll("form[data-sent]")) delete sent.dataset.sent;
});

readyCopying(document);
for (const box of document.querySelectorAll("[data-tabs]")) readyTabs(box);
document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
document.querySelector("[aria-invalid=true]")?.focus();

// A section with data-refresh shows what goes on by itself: it is fetched again until the page has nothing more to wait for.
async function refresh(section) {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(section.id);
  if (!answer.ok || !fresh) return;
  if (!section.contains(document.activeElement) && !document.querySelector("dialog")) {
    const next = document.importNode(fresh, true);
    section.replaceWith(next);
    section = next;
  }
  awaitRefresh(section);
}

function awaitRefresh(section) {
  if ("refresh" in section.dataset) setTimeout(() => refresh(section).catch(() => awaitRefresh(section)), 1500);
}

for (const section of document.querySelectorAll("[data-refresh]")) awaitRefresh(section);
