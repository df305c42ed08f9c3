import type { ComponentChild } from 'preact';
import type { Look } from '../model/states.ts';
import { html } from './html.ts';

/** One shape for each look, so that nobody needs the colours. */
const SHAPES: Record<Look, ComponentChild> = {
  success: html`<circle cx="8" cy="8" r="7" fill="currentColor" stroke="none" /><path class="cut" d="M4.5 8.3 7 10.8l4.5-5.2" />`,
  failure: html`<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" stroke="none" /><path class="cut" d="m5.3 5.3 5.4 5.4m0-5.4-5.4 5.4" />`,
  revoked: html`<circle cx="8" cy="8" r="6.2" /><path d="m3.8 3.8 8.4 8.4" />`,
  started: html`<circle class="track" cx="8" cy="8" r="6.2" /><path class="turning" d="M8 1.8A6.2 6.2 0 0 1 14.2 8" />`,
  retry: html`<path d="M13.6 6A6 6 0 1 0 14 9" /><path d="M14.3 2.2V6.4H10" />`,
  pending: html`<circle cx="8" cy="8" r="6.2" stroke-dasharray="2.4 2.47" />`,
  blocked: html`<path d="M8 1.6 15 14H1z" /><path d="M8 6v3.6m0 1.6v.6" />`,
};

/** The shape of a state. The words beside it say the same, so it is hidden from screen readers. */
export const StateIcon = ({ look }: { look: Look }) =>
  html`<svg class="icon look-${look}" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">${SHAPES[look]}</svg>`;
