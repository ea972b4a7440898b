// Drawn for this page, 24 × 24, one stroke.
const paths = {
    plus: 'M12 5v14M5 12h14',
    back: 'M15 5l-7 7 7 7',
    play: 'M8 5.5v13l11-6.5z',
    pause: 'M8 5v14M16 5v14',
    live: 'M12 12h.01M8.5 8.5a5 5 0 0 0 0 7M15.5 8.5a5 5 0 0 1 0 7M5.6 5.6a9 9 0 0 0 0 12.8M18.4 5.6a9 9 0 0 1 0 12.8',
    lock: 'M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z',
    download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
    trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
    edit: 'M4 20h4L19 9l-4-4L4 16z',
    sound: 'M4 10v4h4l5 4V6L8 10zM16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11',
    mute: 'M4 10v4h4l5 4V6L8 10zM17 10l4 4M21 10l-4 4',
    full: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
    zoomIn: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5M11 8v6M8 11h6',
    zoomOut: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5M8 11h6',
    rewind: 'M11 6l-7 6 7 6zM20 6l-7 6 7 6z',
    forward: 'M4 6l7 6-7 6zM13 6l7 6-7 6z',
    noPicture: 'M4 4l16 16M9 6h9a2 2 0 0 1 2 2v8M16 18H6a2 2 0 0 1-2-2V8a2 2 0 0 1 .6-1.4',
    camera: 'M4 8h11v9H4zM15 11l5-3v9l-5-3z',
    vehicle: 'M3 16V8l2-3h12l3 5v6h-2M16 16H9M5 16H3M7 18a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM18 18a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM4 10h16',
    disk: 'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
    out: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
    return (
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d={paths[name]} />
        </svg>
    );
}
