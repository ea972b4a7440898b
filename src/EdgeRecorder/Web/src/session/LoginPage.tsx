import { useState } from 'preact/hooks';
import { logIn, Problem, sessionEnded } from '../api/client';
import { Field } from '../parts/Field';
import { saying } from '../parts/saying';
import { text } from '../text/language';
import { LanguageChoice } from './LanguageChoice';

export function LoginPage() {
    const words = text.value;
    const [user, setUser] = useState('');
    const [password, setPassword] = useState('');
    const [problem, setProblem] = useState<unknown>(null);
    const [busy, setBusy] = useState(false);

    async function submit(event: Event) {
        event.preventDefault();
        setBusy(true);
        setProblem(null);
        try {
            await logIn(user, password);
        } catch (fault) {
            setProblem(fault);
            setBusy(false);
        }
    }

    return (
        <main class="login">
            <form onSubmit={event => void submit(event)}>
                <h1><img src="/icon.svg" alt="" width="36" height="36" />EdgeRecorder</h1>
                {sessionEnded.value && <p class="banner" role="status">{words.login.ended}</p>}
                <Field label={words.login.user}>
                    <input name="user" autocomplete="username" autocapitalize="none" required autofocus value={user} onInput={e => setUser(e.currentTarget.value)} />
                </Field>
                <Field label={words.login.password}>
                    <input name="password" type="password" autocomplete="current-password" required value={password} onInput={e => setPassword(e.currentTarget.value)} />
                </Field>
                {problem !== null && <p class="problem" role="alert">{sayingOfLogin(problem)}</p>}
                <button type="submit" class="main" disabled={busy}>{words.login.button}</button>
                <p class="hint">{words.login.firstTime}</p>
                <LanguageChoice />
            </form>
        </main>
    );
}

function sayingOfLogin(fault: unknown): string {
    const status = fault instanceof Problem ? fault.status : undefined;
    return status === 401 ? text.value.login.wrong : status === 429 ? text.value.login.wait : saying(fault);
}
