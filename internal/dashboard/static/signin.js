// What signing in can't do without a script: passkeys, and taking the token of a one-time link out of the page's
// address, where only the browser sees it.

// A form with data-passkey asks the server what to ask the passkey, and sends its answer.
const known = window.PublicKeyCredential?.parseRequestOptionsFromJSON && window.PublicKeyCredential?.parseCreationOptionsFromJSON;

async function ask(form) {
  const begun = await fetch(form.dataset.begin, { method: "POST", credentials: "same-origin" });
  const options = await begun.json();
  if (begun.status === 403 && form.dataset.prove) {
    location.assign(form.dataset.prove);
    return null;
  }
  if (!begun.ok) throw new Error(options.message);
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) });
}

function why(error) {
  if (error.name === "NotAllowedError") return "The passkey was not used: it was cancelled, or took too long.";
  if (error.name === "InvalidStateError") return "This device has a passkey for you already.";
  return error.message || "That did not work.";
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !known;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation(); // the guard against sending twice would keep it from being tried again
    const button = form.querySelector("button[type=submit]");
    const wrong = form.querySelector("[role=alert]");
    wrong.hidden = true;
    button.disabled = true;
    try {
      const answer = await ask(form);
      if (!answer) return;
      form.elements.answer.value = JSON.stringify(answer.toJSON());
      form.submit();
    } catch (error) {
      wrong.textContent = why(error);
      wrong.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}

// A one-time link ends in "#" and its token.
function followLink() {
  const form = document.querySelector("form[data-token]");
  const token = location.hash.slice(1);
  if (!form || !token.startsWith("yipl_")) return;
  history.replaceState(null, "", location.pathname); // so that it doesn't stay in the history
  form.elements.token.value = token;
  form.submit();
}

followLink();
addEventListener("hashchange", followLink);
