/** hls.js is fetched when it is first needed: the wall does without it. */
export function loadHls(): Promise<typeof import('hls.js/light')> {
    return import('hls.js/light');
}
