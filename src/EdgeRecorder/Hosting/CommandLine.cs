using System.Collections;
using EdgeRecorder.Api;
using EdgeRecorder.Configuration;

namespace EdgeRecorder.Hosting;

/// <summary>The commands whose engine lies elsewhere; the composition root fills them in. Each returns an exit code.</summary>
internal sealed record Commands
{
    public required Func<RecorderOptions, Task<int>> Serve { get; init; }
    public required Func<RecorderOptions, TextWriter, int> CheckConfig { get; init; }

    /// <summary>Asks an address what it has; 0 when it answered.</summary>
    public required Func<string, TextWriter, TextWriter, Task<int>> Probe { get; init; }

    /// <summary>Checks a ring directory, a line per finding; 0 clean, 1 found.</summary>
    public required Func<string, TextWriter, TextWriter, int> Fsck { get; init; }

    /// <summary>Copies a range of a channel out of the ring below a folder into a file; whether there is one now.</summary>
    public required Func<ExportCommand, TextWriter, TextWriter, bool> Export { get; init; }

    /// <summary>Installs a file into the other slot of the box, or one of `--state` and `--confirm`; whether that was done.</summary>
    public required Func<string, TextWriter, TextWriter, bool> Update { get; init; }

    /// <summary>Takes media jobs from standard input until it ends; the paths are those of the kernel's encoders that they may use.</summary>
    public required Func<IReadOnlyList<string>, int> MediaWorker { get; init; }
}

/// <summary>What `export` was told.</summary>
/// <param name="Root">`storage.root`.</param>
internal sealed record ExportCommand(string Root, string Channel, DateTimeOffset From, DateTimeOffset To, string File);

/// <summary>The command line (DESIGN section 7). Exit codes: 0 done, 1 fault, 2 usage or configuration.</summary>
internal static class CommandLine
{
    public const int Done = 0, Fault = 1, Usage = 2;

    private const string Help = """
        edge-recorder serve --config FILE [--section:key=value …]   record
        edge-recorder check-config FILE                             say what is wrong with a configuration
        edge-recorder probe URL                                     say what a camera sends
        edge-recorder fsck DIR                                      check the ring below DIR, a line per finding
        edge-recorder export CHANNEL FROM TO FILE [--config FILE]   copy a range of a channel out of the ring into an MP4, also beside a running recorder
        edge-recorder update FILE | --state | --confirm             bring a signed system into the other slot of a box; what runs; what runs is good
        edge-recorder media-worker [/dev/video…]                    (started by the recorder itself) take media jobs from standard input
        edge-recorder --configuration-page | --version | --help
        """;

    public static async Task<int> RunAsync(string[] args, Commands commands, TextWriter output, TextWriter errors)
    {
        try
        {
            switch (args)
            {
                case ["serve", .. var rest]:
                    return await ServeAsync(rest, commands, errors);
                case ["check-config", var file]:
                    return commands.CheckConfig(ConfigurationLoader.Load(file, Variables(), []), output);
                case ["probe", var url]:
                    if (ConfigurationRules.WrongAddress(url) is not { } wrong)
                        return await commands.Probe(url, output, errors);
                    errors.WriteLine($"URL {wrong}");
                    return Usage;
                case ["fsck", var directory]:
                    return commands.Fsck(directory, output, errors);
                case ["media-worker", .. var encoders] when encoders.All(path => path.StartsWith("/dev/video", StringComparison.Ordinal)):
                    return commands.MediaWorker(encoders);
                case ["export", var channel, var from, var to, var file, .. var rest]:
                    return Export(channel, from, to, file, rest, commands, output, errors);
                case ["update", var what] when what is "--state" or "--confirm" || !what.StartsWith('-'):
                    return commands.Update(what, output, errors) ? Done : Fault;
                case ["--version"]:
                    output.WriteLine($"edge-recorder {ProductVersion.Text}");
                    return Done;
                case ["--configuration-page"]:
                    output.Write(ConfigurationPage.Write());
                    return Done;
                case ["--help" or "-h" or "help"]:
                    output.WriteLine(Help);
                    return Done;
                default:
                    errors.WriteLine(args.Length == 0 ? "A command is missing." : $"Not a command, or not its arguments: {string.Join(' ', args)}");
                    errors.WriteLine(Help);
                    return Usage;
            }
        }
        catch (ConfigurationException e)
        {
            foreach (var finding in e.Findings)
                errors.WriteLine(finding);
            return Usage;
        }
    }

    private static async Task<int> ServeAsync(string[] rest, Commands commands, TextWriter errors)
    {
        var at = Array.IndexOf(rest, "--config");
        var file = at >= 0 && at + 1 < rest.Length ? rest[at + 1] : rest.FirstOrDefault(a => a.StartsWith("--config=", StringComparison.Ordinal))?["--config=".Length..];
        if (file is null)
        {
            errors.WriteLine("serve needs --config FILE");
            return Usage;
        }
        var settings = rest.Where((a, i) => !a.StartsWith("--config=", StringComparison.Ordinal) && (at < 0 || (i != at && i != at + 1)));
        return await commands.Serve(ConfigurationLoader.Load(file, Variables(), settings));
    }

    private static int Export(string channel, string from, string to, string file, string[] rest, Commands commands, TextWriter output, TextWriter errors)
    {
        var wrong = Interval.Read(from, to, out var range)
            ?? (Path.GetExtension(file) == ".mp4" ? null : $"{file}: does not end in .mp4; other formats are made by the recorder itself, over its API")
            ?? (rest is [] or ["--config", _] ? null : $"not an argument of export: {string.Join(' ', rest)}");
        if (wrong is not null)
        {
            errors.WriteLine(wrong);
            return Usage;
        }
        var options = rest is [_, var configuration] ? ConfigurationLoader.Load(configuration, Variables(), []) : ConfigurationLoader.Parse("{}"u8, "export", Variables(), []);
        return commands.Export(new ExportCommand(options.Storage.Root, channel, range.From, range.To, file), output, errors) ? Done : Fault;
    }

    private static IEnumerable<KeyValuePair<string, string>> Variables()
    {
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            yield return new((string)variable.Key, (string?)variable.Value ?? "");
    }
}
