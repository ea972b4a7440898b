using System.Diagnostics;
using System.Globalization;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>Runs the system's ffprobe and ffmpeg, the judges that others wrote.</summary>
internal static class FFmpeg
{
    /// <summary>Packets per codec type, e.g. <c>video</c> → 250.</summary>
    public static async Task<IReadOnlyDictionary<string, int>> CountPacketsAsync(string input, params string[] options)
    {
        var output = await RunAsync("ffprobe", ["-v", "error", .. options, "-count_packets", "-show_entries", "stream=codec_type,nb_read_packets", "-of", "csv=p=0", input]);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Select(line => line.Split(','))
            .ToDictionary(words => words[0], words => int.Parse(words[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Runs a program to its end and returns what it printed; throws when it failed or complained.</summary>
    public static async Task<string> RunAsync(string program, params string[] args)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in args)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"{program} {string.Join(' ', args)} does not end");
        }
        if (process.ExitCode != 0 || await errors != "")
            throw new InvalidOperationException($"{program} {string.Join(' ', args)}: exit code {process.ExitCode}, {await errors}");
        return await output;
    }
}
