// Asks the browser for a passkey, and sends its response with the form.
"use strict";
const form = document.querySelector("form[data-options]");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const options = JSON.parse(form.dataset.options);
    const made = "create" in form.dataset
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    form.elements.response.value = JSON.stringify(made);
    form.submit();
  } catch {
    document.getElementById("failed").hidden = false;
  }
});
