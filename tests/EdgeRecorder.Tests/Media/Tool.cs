using System.Diagnostics;

namespace EdgeRecorder.Tests.Media;

/// <summary>Programs that others wrote, run to their end: ffmpeg, ffprobe, gst-launch-1.0.</summary>
internal static class Tool
{
    private static readonly TimeSpan Deadline = SystemTests.Scale.Of(TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(15));

    /// <summary>Standard output. Fails the test when the program fails or says anything on standard error.</summary>
    public static async Task<byte[]> RunAsync(string program, params string[] arguments)
    {
        var (exitCode, output, errors) = await TryAsync(program, arguments);
        Assert.True(exitCode == 0 && errors.Length == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}: {errors}");
        return output;
    }

    public static async Task<string> TextAsync(string program, params string[] arguments)
        => System.Text.Encoding.UTF8.GetString(await RunAsync(program, arguments));

    public static async Task<(int ExitCode, byte[] Output, string Errors)> TryAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            using var output = new MemoryStream();
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.StandardOutput.BaseStream.CopyToAsync(output, deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, output.ToArray(), await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>Decodes every frame of every track; fails on anything a decoder or demuxer has to say. Times are those of the file: counted in pictures, two near to each other would be one.</summary>
    public static async Task DecodesAsync(string path)
        => await RunAsync("ffmpeg", "-v", "error", "-xerror", "-i", path, "-enc_time_base:v", "-1", "-f", "null", "-");

    /// <summary>The same in GStreamer: a chain per track out of qtdemux, each to its end.</summary>
    public static async Task DecodesInGStreamerAsync(string path, bool video, bool audio)
    {
        List<string> arguments = ["-q", "filesrc", $"location={path}", "!", "qtdemux", "name=d"];
        if (video)
            arguments.AddRange(["d.video_0", "!", "queue", "!", "decodebin", "!", "fakesink", "sync=false"]);
        if (audio)
            arguments.AddRange(["d.audio_0", "!", "queue", "!", "decodebin", "!", "fakesink", "sync=false"]);
        await RunAsync("/usr/bin/gst-launch-1.0", [.. arguments]);
    }

    /// <summary>Frames that ffprobe decodes out of a track ("v:0", "a:0").</summary>
    public static async Task<int> FramesAsync(string path, string track)
    {
        var text = await TextAsync("ffprobe", "-v", "error", "-count_frames", "-select_streams", track, "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", path);
        // A playlist's stream stands there twice, by itself and in its programme.
        return int.Parse(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd(',')).Distinct().Single(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
