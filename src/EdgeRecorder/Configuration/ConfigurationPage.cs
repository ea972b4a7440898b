using System.Text;

namespace EdgeRecorder.Configuration;

/// <summary>Writes docs/configuration.md from the tables that the loader reads; `edge-recorder --configuration-page` prints it.</summary>
internal sealed class ConfigurationPage
{
    private readonly StringBuilder _text = new();

    public static string Write()
    {
        var page = new ConfigurationPage();
        page._text.Append("""
            # Configuration

            One JSON file, comments and trailing commas allowed. Later sources win: default, file, environment (`EDGE_RECORDER__storage__root`),
            command line (`--storage:root=/data`). Items of lists are counted from 0 (`EDGE_RECORDER__channels__0__url`, `--channels:0:url=…`).
            A wrong key or value names file, line and key, nothing starts, and the exit code is 2; `edge-recorder check-config FILE` asks beforehand.
            A port of 0 closes its listener. Sizes are written `512MiB`, `20GiB`, `500GB`; durations `90s`, `15m`, `12h`, `30d`.

            This page is made by `edge-recorder --configuration-page`; a test compares it.

            """);
        var defaults = new RecorderOptions();
        foreach (var entry in RecorderOptions.Keys.Entries)
            entry.Describe(page, defaults, entry.Name);
        return page._text.ToString();
    }

    public void Heading(string key, string summary)
        => _text.Append($"\n## {key}\n\n{summary}\n\n| key | value | default | meaning |\n|---|---|---|---|\n");

    public void Row(string key, string kind, string value, string reason)
        => _text.Append($"| `{key}` | {kind} | `{value}` | {reason} |\n");
}
