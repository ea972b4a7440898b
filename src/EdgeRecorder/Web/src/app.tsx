import { useEffect, useState } from 'preact/hooks';
import { logOut, reachable, resume, session } from './api/client';
import { BoxPage } from './box/BoxPage';
import { HealthBadge } from './box/HealthBadge';
import { ChannelPage } from './channel/ChannelPage';
import { DevicesPage } from './devices/DevicesPage';
import { Icon } from './parts/Icon';
import { hashOf, route } from './route';
import { LanguageChoice } from './session/LanguageChoice';
import { LoginPage } from './session/LoginPage';
import { PasswordDialog } from './session/PasswordDialog';
import { text } from './text/language';
import { Wall } from './wall/Wall';

const resumeAgainMs = 2000;

export function App() {
    useEffect(() => {
        let timer: number | undefined;
        const tryIt = () => { resume().catch(() => { timer = window.setTimeout(tryIt, resumeAgainMs); }); };
        tryIt();
        return () => window.clearTimeout(timer);
    }, []);

    const who = session.value;
    if (who === undefined)
        return <main class="login"><p>{reachable.value ? text.value.common.loading : text.value.unreachable}</p></main>;
    if (who === null)
        return <LoginPage />;
    return (
        <>
            <Header />
            {!reachable.value && <p class="banner warning" role="status">{text.value.unreachable}</p>}
            {who.initialPassword && <InitialPasswordBanner />}
            <Place />
        </>
    );
}

function Place() {
    const to = route.value;
    switch (to.at) {
        case 'wall': return <Wall />;
        case 'box': return <BoxPage />;
        case 'devices': return <DevicesPage />;
        case 'channel': return <ChannelPage key={to.id} id={to.id} instant={to.instant} />;
    }
}

function Header() {
    const words = text.value.nav;
    const at = route.value.at;
    return (
        <header class="top">
            <a class="brand" href={hashOf({ at: 'wall' })}><img src="/icon.svg" alt="" width="28" height="28" /><span>EdgeRecorder</span></a>
            <nav>
                <a href={hashOf({ at: 'wall' })} aria-current={at === 'wall' || at === 'channel' ? 'page' : undefined}><Icon name="camera" /><span>{words.wall}</span></a>
                <a href={hashOf({ at: 'devices' })} aria-current={at === 'devices' ? 'page' : undefined}><Icon name="vehicle" /><span>{words.devices}</span></a>
                <a href={hashOf({ at: 'box' })} aria-current={at === 'box' ? 'page' : undefined}><Icon name="disk" /><span>{words.box}</span></a>
            </nav>
            <HealthBadge />
            <LanguageChoice />
            <button type="button" class="quiet" title={words.logOut} onClick={() => void logOut()}><Icon name="out" /><span class="wide">{words.logOut}</span></button>
        </header>
    );
}

function InitialPasswordBanner() {
    const words = text.value.initialPassword;
    const [open, setOpen] = useState(false);
    return (
        <p class="banner">
            {words.hint} <button type="button" class="link" onClick={() => setOpen(true)}>{words.change}</button>
            {open && <PasswordDialog onClose={() => setOpen(false)} />}
        </p>
    );
}
