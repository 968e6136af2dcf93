// What the guides can't do without a script: the choice of colours, tabs of languages that stay chosen, copying, search.
// Everything here only adds: a page that never loads this file shows all languages, one below the other.

const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* a browser that keeps nothing */ } };
const recall = (name) => { try { return localStorage.getItem(name); } catch { return null; } };

// Before the page is drawn: colours that were chosen here go before those of the system.
const root = document.documentElement;
const theme = recall("yipii-theme");
if (theme === "dark" || theme === "light") root.dataset.theme = theme;

function readyTheme() {
  const button = document.querySelector("button.theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    keep("yipii-theme", root.dataset.theme);
    show();
  });
  system.addEventListener("change", show);
  button.hidden = false;
  show();
}

// tell has a screen reader say a text.
function tell(text) {
  const told = document.getElementById("told");
  told.textContent = "";
  setTimeout(() => { told.textContent = text; }, 50);
}

// ---- samples: a tab for each language, one choice for all of them ----

const groups = [];

// choose shows a language in every group that has it.
function choose(language) {
  for (const group of groups) {
    const at = group.names.indexOf(language);
    if (at >= 0) group.show(at);
  }
}

function readyTabs(box, number) {
  const panels = [...box.querySelectorAll("[data-tab]")];
  const names = panels.map((panel) => panel.dataset.tab);
  const list = document.createElement("div");
  list.className = "tabs";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", box.dataset.tabs);
  const tabs = panels.map((panel, i) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.textContent = panel.querySelector("figcaption").textContent;
    tab.setAttribute("role", "tab");
    tab.id = `tab-${number}-${i}`;
    panel.id = `panel-${number}-${i}`;
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", () => {
      const before = tab.getBoundingClientRect().top;
      show(i);
      choose(names[i]);
      keep("yipii-language", names[i]);
      scrollBy(0, tab.getBoundingClientRect().top - before); // groups above may have grown
    });
    list.append(tab);
    return tab;
  });
  const show = (chosen) => {
    panels.forEach((panel, i) => {
      panel.hidden = i !== chosen;
      tabs[i].setAttribute("aria-selected", String(i === chosen));
      tabs[i].tabIndex = i === chosen ? 0 : -1;
    });
  };
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });
  box.prepend(list);
  show(0);
  groups.push({ names, show });
}

function readyCopying() {
  if (!navigator.clipboard) return;
  for (const figure of document.querySelectorAll(".code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.setAttribute("aria-label", `Copy the ${figure.querySelector("figcaption").textContent} sample`);
    button.innerHTML = '<svg class="icon" viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" aria-hidden="true"><path d="M9 9h10v11H9zM5 15V4h10"/></svg>';
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(figure.querySelector("code").textContent);
      } catch {
        tell("Copying was not allowed.");
        return;
      }
      button.classList.add("done");
      tell("Copied.");
      setTimeout(() => button.classList.remove("done"), 1500);
    });
    figure.append(button);
  }
}

// ---- search: one file is fetched when somebody begins to type, and looked through here ----

let index;
const load = () => (index ??= fetch("/docs/search.json").then((answer) => answer.json()));

// score is how well a part of a page fits all the words; 0 where one is missing.
function score(part, words) {
  let sum = 0;
  const [page, title, text] = [part.t, part.h ?? "", part.x].map((s) => s.toLowerCase());
  for (const word of words) {
    const best = Math.max(title.includes(word) ? 8 : 0, page.includes(word) ? (part.h ? 3 : 10) : 0, text.includes(word) ? 1 : 0);
    if (!best) return 0;
    sum += best + (title.startsWith(word) || page.startsWith(word) ? 2 : 0);
  }
  return sum;
}

// around is the text near the first word, which is marked.
function around(text, words) {
  const low = text.toLowerCase();
  const at = Math.max(0, Math.min(...words.map((w) => low.indexOf(w)).filter((i) => i >= 0), low.length));
  const from = at < text.length ? Math.max(0, at - 30) : 0;
  const small = document.createElement("small");
  const piece = (from ? "…" : "") + text.slice(from, from + 160);
  const word = words.find((w) => piece.toLowerCase().includes(w));
  const where = word ? piece.toLowerCase().indexOf(word) : -1;
  if (where < 0) {
    small.textContent = piece;
    return small;
  }
  const mark = document.createElement("mark");
  mark.textContent = piece.slice(where, where + word.length);
  small.append(piece.slice(0, where), mark, piece.slice(where + word.length));
  return small;
}

async function search(query, hits) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) {
    hits.hidden = true;
    return;
  }
  const parts = await load();
  const found = parts.map((part) => ({ part, fit: score(part, words) })).filter((f) => f.fit).sort((a, b) => b.fit - a.fit).slice(0, 12);
  hits.replaceChildren(...found.map(({ part }) => {
    const link = document.createElement("a");
    link.href = part.p;
    const title = document.createElement("b");
    title.textContent = part.h ?? part.t;
    link.append(title, part.h ? ` · ${part.t}` : "", around(part.x, words));
    return link;
  }));
  if (!found.length) {
    const none = document.createElement("p");
    none.textContent = "Nothing is found.";
    hits.append(none);
  }
  hits.hidden = false;
  tell(found.length === 1 ? "One place found." : `${found.length} places found.`);
}

function readySearch() {
  const box = document.querySelector(".find");
  const input = document.getElementById("query");
  const hits = document.getElementById("hits");
  box.hidden = false;
  input.addEventListener("focus", () => { load().catch(() => { index = undefined; }); });
  input.addEventListener("input", () => { search(input.value, hits).catch(() => { index = undefined; tell("The search is not available."); }); });
  box.addEventListener("keydown", (event) => {
    const links = [input, ...hits.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      hits.hidden = true;
      input.focus();
    } else if (event.key === "Enter" && document.activeElement === input && links.length > 1) {
      links[1].click();
      hits.hidden = true;
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && at >= 0) {
      event.preventDefault();
      links[(at + (event.key === "ArrowDown" ? 1 : -1) + links.length) % links.length].focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target) || event.target.closest("#hits a")) hits.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      input.focus();
    }
  });
}

// ---- the list of this page's parts shows where the reader is ----

function readyParts() {
  const links = new Map([...document.querySelectorAll("[data-parts] a")].map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
  if (!links.size) return;
  const heads = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  const mark = () => {
    const passed = heads.filter((h) => h.getBoundingClientRect().top < 140);
    const here = passed.at(-1) ?? heads[0];
    for (const [id, a] of links) a.classList.toggle("here", id === here.id);
    const shown = links.get(here.id), box = shown.closest("nav"), at = shown.offsetTop - box.scrollTop;
    if (box.classList.contains("list") && (at < 40 || at > box.clientHeight - 60)) box.scrollTop = shown.offsetTop - box.clientHeight / 2;
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
}

// ---- the account that samples are for: the server writes them, so the page is asked for again ----

function readyAccount() {
  const choice = document.getElementById("account");
  if (!choice) return;
  choice.addEventListener("change", () => {
    document.cookie = `yipii-account=${encodeURIComponent(choice.value)}; path=/docs; max-age=31536000; samesite=lax`;
    location.reload();
  });
  document.getElementById("mine").hidden = true;
  choice.hidden = false;
}

addEventListener("DOMContentLoaded", () => {
  readyTheme();
  document.querySelectorAll("[data-tabs]").forEach(readyTabs);
  const language = recall("yipii-language");
  if (language) choose(language);
  readyCopying();
  readySearch();
  readyParts();
  readyAccount();
  document.querySelector(".list [aria-current]")?.scrollIntoView({ block: "nearest" });
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
});
