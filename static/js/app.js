// The front end. Every page works without it; each module enhances what the server rendered, by data attributes:
//   .tok > textarea          token field: paint, `/` and `{{` open the picker; data-one-line, data-accepts, data-secure-ok
//   data-previews="<url>"    form whose token fields say how they read; see preview.js
//   data-insert="<id>"       button that opens the picker for that field
//   data-unsaved="<key>"     form whose edits are guarded; data-unsaved-name, data-card; see dirty.js
//   data-tab="<id>"          link that shows one part of a panel; see tabs.js
//   data-dialog              link whose page opens in #dialog; data-close closes it
//   .dots, data-menu[="<url>"]   link whose actions open in a menu; data-fold="<id>": folds a branch or a split
//   data-roving              one tab stop and arrow keys: the chain; data-roving="grid": apps
//   data-live="<ws path>"    on the body: fragments arrive over a websocket; data-live-row="<id>": a row of a list that follows
//   data-copy="copy|cut"      takes the step to the clipboard; data-rename="<step>" names it where it stands
//   data-dock="<url>"        link that opens the chat at the side; see dock.js
//   data-focus               gets the focus once, after it was swapped in
// Sections, which only some pages load:
//   data-all="<name>"        label of a box that ticks every box of that name in its form; all.js
//   data-flow                canvas of a conversation flow: arrow keys go from node to node; flow.js
//   data-mention="<id>"      button that opens the picker of workflows for that field; mentioning.js
//   data-chat="<ws path>"    a chat; chat.js and lights.js, loaded by the page or by dock.js
import "./announce.js";
import "./branches.js";
import "./dialog.js";
import "./dirty.js";
import "./expander.js";
import "./focus.js";
import "./guard.js";
import "./clipboard.js";
import "./dock.js";
import "./drag.js";
import "./live.js";
import "./menu.js";
import "./outline.js";
import "./presence.js";
import "./preview.js";
import "./rename.js";
import "./resize.js";
import "./roving.js";
import "./rules.js";
import "./shortcuts.js";
import "./steps.js";
import "./tabs.js";
import "./tokens.js";
import { cookie } from "./cookie.js";
import { ask } from "./dialog.js";
import { tab } from "./tab.js";
import { toast } from "./toast.js";

document.addEventListener("htmx:configRequest", ({ detail }) => {
  detail.headers["X-Tab-Id"] = tab;
  const token = cookie("csrftoken");
  // the one in the form is old after signing in again in another tab
  if (token && detail.verb !== "get") {
    detail.headers["X-CSRFToken"] = token;
    detail.parameters.delete?.("csrfmiddlewaretoken");
  }
});

// A form that came over the websocket has no token: only a page that is asked for can carry one.
document.addEventListener("submit", ({ target }) => {
  const token = cookie("csrftoken");
  if (target.method !== "post" || target.elements.csrfmiddlewaretoken || !token) return;
  target.append(Object.assign(document.createElement("input"), { type: "hidden", name: "csrfmiddlewaretoken", value: token }));
});

document.addEventListener("htmx:responseError", ({ detail }) => {
  const { status } = detail.xhr;
  if (status === 401) return;
  if (status === 403) toast("Your role does not allow this.", { tone: "error" });
  else if (status === 404) toast("This is not there any more. Reload the page.", { tone: "error" });
  else if (status === 429) toast("Too many requests. Wait a moment and try again.", { tone: "error" });
  else toast("That did not work. Nothing was changed; try again.", { tone: "error" });
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    toast("Parley could not be reached. Check the connection and try again.", { tone: "error" });
  });
}

// Of what was asked to stand in the panel, the last does, however late the answers come.
let asked;
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target.id !== "panel" || detail.requestConfig.verb !== "get") return;
  asked?.abort();
  asked = detail.xhr;
});

document.addEventListener("session-expired", async () => {
  const choice = await ask({
    title: "Sign in again to go on",
    text: "It opens in a new tab. What you typed stays here.",
    choices: [
      { value: "sign-in", label: "Sign in", primary: true },
      { value: "", label: "Not now" },
    ],
  });
  if (choice) window.open("/login", "_blank", "noopener");
});
