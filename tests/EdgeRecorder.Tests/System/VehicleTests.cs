using System.Text.Json.Nodes;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Simulated vehicle terminals before the daemon: what they send is what footage.mp4 gives back, and what goes wrong stays where it happens.</summary>
[Collection(FirstDaemon.Name)]
public sealed class VehicleTests
{
    private const string Sim = "013912345678";

    /// <summary>Key of a channel: SIM without leading zeros, channel.</summary>
    private const string First = "13912345678_1", Second = "13912345678_2";

    [Theory]
    [InlineData("small.h264", "10s.alaw", "--version", "2011")]
    [InlineData("small.h264", "10s.ulaw", "--version", "2013", "--wrong-bit14", "--hisilicon")]
    [InlineData("small.h265", "10s.aac", "--version", "2019", "--media-sim", "10")]
    [InlineData("slices.h264", "10s.aac", "--version", "2019", "--wrong-bit14", "--aac", "raw", "--sim", "00000000013912345678")]
    [InlineData("small.h264", "10s.alaw", "--transport", "udp")]
    [InlineData("small.h264", "10s.alaw", "--parameter-sets", "once", "--timestamps", "zero")]
    [InlineData("small.h264", "10s.alaw", "--start-codes", "none", "--sequences", "per-kind")]
    [InlineData("small.h265", "10s.alaw", "--start-codes", "3", "--timestamps", "1099511627777", "--body", "1400")]
    [InlineData("small.h264", "10s.alaw", "--flags", "marker", "--audio-frame", "160", "--type", "p")]
    [InlineData("small.h264", "10s.alaw", "--duplicate", "10", "--empty", "10", "--stranger", "10")]
    [InlineData("small.h264", "10s.alaw", "--transport", "udp", "--reorder", "10", "--media-sim", "10")]
    [InlineData("small.h264", "10s.alaw", "--no-ack", "--first-sequence", "65400")]
    public async Task Footage_is_what_the_terminal_sent(string video, string audio, params string[] switches)
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(
            setup.VehiclePort, ["--video", video, "--audio", audio, "--channels", "1", "--loops", "1", "--speed", "2", "--at-end", "silent", .. switches]);

        var sent = Assert.Single((await terminal.WaitAsync(s => s.Streams is [{ State: "Ended" }], TimeSpan.FromSeconds(60))).Streams);
        await terminal.CommandAsync("result 1");            // once is enough
        var file = directory.File("footage.mp4");
        var recorded = await daemon.WaitAsync(async () => await daemon.DownloadAsync(First, file) ? RecordedTracks.Read(file) : null,
            r => r?.Video.Count >= sent.Video, "the last picture");

        var pictures = (await terminal.UnitsAsync())[0].Units;
        Assert.Equal(pictures.Select(u => u.Digest), switches.Contains("once") ? Digests(await terminal.UnitsAsync(), recorded!) : recorded!.VideoDigests);
        var frames = (await terminal.UnitsAsync("audio"))[0].Units;
        Assert.InRange(recorded!.Audio.Sum(a => a.Length), frames.SkipLast(2).Sum(u => u.Bytes), frames.Sum(u => u.Bytes));
        await PictureTimes.FollowEachOtherAsync(file);
        await Tool.DecodesAsync(file);
        var state = Assert.Single((await terminal.StatsAsync()).Terminals);
        Assert.Equal((0, 0), (state.Malformed, state.Stray));
        Assert.Empty(daemon.Errors);
        Assert.Equal(0, await daemon.StopAsync());
    }

    /// <summary>Where parameter sets came once, the recorder puts them before every sync sample; the rest is as it was sent.</summary>
    private static IEnumerable<string> Digests(IReadOnlyList<SentStream> sent, RecordedTracks recorded)
        => recorded.VideoDigests.Zip(sent[0].Units, (digest, unit) => unit.IsSync ? unit.Digest : digest);
}
