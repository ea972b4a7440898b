import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const out = process.env['PAGE_OUT'] ?? 'dist';

/** Leaves each file as .gz and not as itself: the recorder embeds what it sends, and every browser accepts that. */
function compressed(): Plugin {
    return {
        name: 'compressed',
        apply: 'build',
        closeBundle() {
            for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
                if (!entry.isFile())
                    continue;
                const path = join(entry.parentPath ?? entry.path, entry.name);
                writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
                rmSync(path);
            }
        },
    };
}

export default defineConfig({
    base: '/',
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
    build: {
        outDir: out,
        emptyOutDir: true,
        target: 'es2022',
        assetsInlineLimit: 0,                               // no data: addresses, which the Content-Security-Policy refuses
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
    },
    server: { proxy: { '/api': { target: process.env['BOX'] ?? 'http://127.0.0.1:8080', ws: true } } },          // BOX: where `npm run dev` finds a recorder
    plugins: [compressed()],
});
