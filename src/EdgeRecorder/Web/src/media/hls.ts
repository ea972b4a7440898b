/** hls.js tells the console what it does where somebody asked for that: whoever looks for a fault, and the tests, which let no warning of it pass. */
export const tellsAll = localStorage.getItem('edge-recorder.hls-log') !== null;

/** hls.js is fetched when it is first needed: the wall does without it. */
export function loadHls(): Promise<typeof import('hls.js/light')> {
    return import('hls.js/light');
}
