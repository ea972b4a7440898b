// The light build has no types of its own; it is the full one without alternate audio, subtitles and encryption.
declare module 'hls.js/light' {
    export * from 'hls.js';
    export { default } from 'hls.js';
}
