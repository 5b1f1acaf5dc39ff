// Comfort for the pages of the policy, which work without it: the review follows what is typed, and a dry
// run shows how far it is. Both fetch the page that a button or a reload would show.
"use strict";
const draft = document.querySelector("form[data-live]");
if (draft) {
  let waiting, last = 0;
  draft.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const number = ++last;
      const body = new URLSearchParams(new FormData(draft));
      body.set("verb", "review");
      const response = await fetch(draft.action, { method: "POST", body });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      // A later reply may have come first.
      const fresh = page.getElementById("review");
      if (fresh && number === last) document.getElementById("review").replaceWith(fresh);
    }, 300);
  });
}
const follow = async () => {
  const shown = document.querySelector("[data-follow]");
  if (!shown) return;
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("progress");
  if (fresh) shown.replaceWith(fresh);
  setTimeout(follow, 1000);
};
setTimeout(follow, 500);
