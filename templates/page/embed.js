// <notifier-embed study="NCT01234567"></notifier-embed>, or condition="…". Asks for no cookie, sends none, says of nobody where they are.
(() => {
  const home = new URL(".", document.currentScript.src);
  const ask = { credentials: "omit", referrerPolicy: "no-referrer" };
  customElements.define("notifier-embed", class extends HTMLElement {
    static observedAttributes = ["study", "condition", "lang"];
    connectedCallback() { this.show(); }
    attributeChangedCallback() { if (this.isConnected) this.show(); }
    async show() {
      const study = this.getAttribute("study"), turn = this.turn = {};
      const from = new URL(study ? "studies/" + encodeURIComponent(study.trim()) : "conditions", home);
      if (!study) from.searchParams.set("q", this.getAttribute("condition") || "");
      const lang = this.lang || document.documentElement.lang;
      if (lang) from.searchParams.set("lang", lang);
      try {
        const answer = await fetch(from, { ...ask, headers: { Accept: "text/html" } }), html = await answer.text();
        // What the page wrote into the element stays where there is no answer.
        if (answer.status >= 429 || turn !== this.turn) return;
        if (!this.shadowRoot) this.attachShadow({ mode: "open" }).addEventListener("submit", (pressed) => this.send(pressed));
        this.shadowRoot.innerHTML = html;
      } catch { }
    }
    async send(pressed) {
      pressed.preventDefault();
      const form = pressed.target, said = form.querySelector("[role=status]"), button = form.querySelector("button");
      button.disabled = true;
      try {
        const body = new URLSearchParams(new FormData(form));
        const answer = await fetch(form.action, { ...ask, method: "POST", body, headers: { Accept: "application/json" } });
        const told = await answer.json();
        said.textContent = told.ok ? [told.message, told.question].filter(Boolean).join(" ") : Object.values(told.errors).join(" ");
        button.disabled = Boolean(told.ok);
      } catch {
        form.submit();
      }
    }
  });
})();
