// Comfort for the pages of a new password, which work without it: each rule that the browser can check
// shows whether it is met, and so does the second field. The portal checks all of them again, and more.
"use strict";
const list = document.querySelector("[data-rules]");
const [password, again] = ["password", "again"].map((id) => document.getElementById(id));
const met = {
  length: (text, rule) => {
    const count = [...text.normalize("NFC")].length;
    return count >= Number(rule.dataset.least) && count <= Number(rule.dataset.most);
  },
  classes: (text, rule) => {
    const kinds = [/\p{Lowercase}/u, /\p{Uppercase}/u, /[0-9]/, /[^\p{Lowercase}\p{Uppercase}0-9]/u];
    return kinds.filter((kind) => kind.test(text)).length >= Number(rule.dataset.required);
  },
  ascii: (text) => /^[\x00-\x7f]*$/.test(text),
  same: () => again.value === password.value,
};
const show = () => {
  for (const rule of list.querySelectorAll("[data-rule]")) {
    const state = rule.querySelector("strong");
    const typed = rule.dataset.rule === "same" ? again.value : password.value;
    const text = typed === "" ? "" : met[rule.dataset.rule](password.value, rule) ? list.dataset.met : list.dataset.unmet;
    if (state.textContent !== text) state.textContent = text;
    rule.hidden = rule.dataset.rule === "same" && text === "";
  }
};
password.addEventListener("input", show);
again.addEventListener("input", show);
