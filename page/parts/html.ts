/** Markup without a compiler: `html\`<p>${text}</p>\``. Values are text, never markup. */
export { html } from 'htm/preact';
