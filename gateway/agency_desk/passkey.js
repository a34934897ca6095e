/* A passkey of this device, where the browser has it. Nothing else of these pages needs a script. */
"use strict";
(function () {
  var form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential || !navigator.credentials) { return; }
  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (one) { return one.charCodeAt(0); });
  }
  function text(buffer) {
    var plain = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function told() {
    var options = JSON.parse(form.dataset.options);
    options.challenge = bytes(options.challenge);
    if (options.user) { options.user.id = bytes(options.user.id); }
    (options.allowCredentials || []).concat(options.excludeCredentials || []).forEach(function (one) {
      one.id = bytes(one.id);
    });
    return options;
  }
  function answer(found) {
    var said = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (found.response[name]) { said[name] = text(found.response[name]); }
    });
    return JSON.stringify({ id: found.id, rawId: text(found.rawId), type: found.type, response: said,
      clientExtensionResults: {} });
  }
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var wrong = form.querySelector("[role=alert]");
    wrong.hidden = true;
    var asked = form.dataset.passkey === "make"
      ? navigator.credentials.create({ publicKey: told() })
      : navigator.credentials.get({ publicKey: told() });
    asked.then(function (found) {
      form.elements.passkey.value = answer(found);
      form.submit();
    }).catch(function () { wrong.hidden = false; });
  });
  document.querySelectorAll("[data-no-passkey]").forEach(function (one) { one.hidden = true; });
  form.hidden = false;
}());
