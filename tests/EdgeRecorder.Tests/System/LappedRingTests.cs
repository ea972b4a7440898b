using System.Text.Json;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>A full disk is the normal state: the ring laps on it, nothing grows, nothing fails.</summary>
[Collection(FourthDaemon.Name)]
public sealed class LappedRingTests(ITestOutputHelper output)
{
    private const int Segments = 24;

    [Fact]
    public async Task The_ring_laps_on_a_full_disk_and_keeps_what_is_locked()
    {
        if (!Scale.NeedsRoot("A disk of its own"))
            return;
        var laps = Scale.Of(6, 60);
        using var disk = await LoopDisk.MakeAsync(64);
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup(Path.Combine(disk.Path, "data")) { RingSize = $"{Segments}MiB" };
        await using var camera = await CameraProcess.StartAsync("720p-4m.h264", "--audio", "20s.alaw", "--speed", "6");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", "tcp")));
        var full = await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(8));

        var locked = (From: full.Spans[0].From.AddSeconds(2), To: full.Spans[0].From.AddSeconds(5));
        await daemon.Http.PostAsync("/api/v1/locks", Requests.Json(JsonSerializer.Serialize(new
        {
            channel = await daemon.IdAsync("gate"), from = locked.From, to = locked.To, reason = "incident",
        }))).BodyAsync(System.Net.HttpStatusCode.Created);
        await RecycledAsync(1);                             // the file system's own notes about a file grow until all of it was written once
        await disk.FillAsync();
        var before = DiskUse(setup.Ring);

        var recycled = await RecycledAsync(laps);

        output.WriteLine($"{recycled} segments recycled; {before / 1024} KiB on disk");
        Assert.InRange(DiskUse(setup.Ring), 1, before);
        Assert.InRange(disk.FreeBytes, 0, 1 << 20);         // less than a segment: dd writes 64 KiB at a time, extents that meet give a block back
        Assert.Empty(daemon.Errors);
        var storage = await daemon.GetAsync("/api/v1/storage");
        Assert.Equal(("ok", ""), (storage.GetProperty("state").GetString(), storage.GetProperty("fault").GetString()));
        var timeline = await daemon.TimelineAsync("gate");
        Assert.Contains(timeline.Spans, s => s.Locked && s.From <= locked.From && s.To >= locked.To);
        Assert.Contains(timeline.Gaps, g => g.Reason == "evicted");
        Assert.DoesNotContain(timeline.Gaps, g => g.Reason is not "evicted");
        var file = directory.File("locked.mp4");
        Assert.True(await daemon.DownloadAsync("gate", file, locked.From, locked.To));
        await Tool.DecodesAsync(file);
        Assert.InRange((await (await SourceClip.OpenAsync("720p-4m.h264")).StretchesAsync(file)).Sum(s => s.Count), 75, 200);
        Assert.Equal(0, await daemon.StopAsync());

        await using var again = await DaemonProcess.StartAsync(setup);
        Assert.Contains((await again.TimelineAsync("gate")).Spans, s => s.Locked && s.From <= locked.From && s.To >= locked.To);
        Assert.Empty(again.Errors);
        Assert.Equal(0, await again.StopAsync());           // a segment that was opened this second holds nothing yet
        foreach (var segment in setup.Segments())
            await Tool.DecodesAsync(segment);

        Task<long> RecycledAsync(int laps) => daemon.WaitAsync(
            async () => (await daemon.GetAsync("/api/v1/storage")).GetProperty("ring").GetProperty("segmentsRecycled").GetInt64(),
            n => n >= laps * Segments, $"{laps} laps", TimeSpan.FromSeconds(30 + laps * Segments));
    }

    [Fact]
    public async Task Deleting_the_index_changes_nothing_that_any_route_answers()
    {
        using var setup = new DaemonSetup { RingSize = "32MiB" };
        await using var camera = await CameraProcess.StartAsync("720p-2m.h264", "--audio", "10s.aac");
        setup.With("gate", camera.Url("/gate"), ("transport", "tcp")).With("yard", camera.Url("/yard"), ("transport", "tcp"));
        string[] before;
        await using (var daemon = await DaemonProcess.StartAsync(setup))
        {
            await daemon.AwaitFootageAsync("yard", TimeSpan.FromSeconds(12));
            await camera.CommandAsync("@/gate disconnect");
            await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans.Count == 2, "the second span");
            await LockAsync(daemon);
            foreach (var key in (string[])["gate", "yard"])
                await daemon.RecordAsync(key, false);
            await camera.CommandAsync("refuse 600");
            before = await SettledAsync(daemon);

            Delete();                                       // under the running daemon, which has to notice and write it anew
            await daemon.WaitAsync(() => Task.FromResult(File.Exists(Index())), there => there, "a new index");
            Assert.Equal(before, await AnswersAsync(daemon));
            Assert.Empty(daemon.Errors);
            Assert.Equal(0, await daemon.StopAsync());
        }

        await using (var daemon = await DaemonProcess.StartAsync(setup))
        {
            Assert.Equal(before, await AnswersAsync(daemon));       // as the rebuilt index tells it
            await daemon.KillAsync();
        }
        Delete();
        await using (var daemon = await DaemonProcess.StartAsync(setup))
        {
            Assert.Equal(before, await AnswersAsync(daemon));       // as the segments tell it
            Assert.Empty(daemon.Errors);
        }

        string Index() => Path.Combine(setup.Root, "index.db");
        void Delete()
        {
            foreach (var suffix in (string[])["", "-wal", "-shm"])
                File.Delete(Index() + suffix);
        }

        async Task LockAsync(DaemonProcess daemon)
        {
            var first = (await daemon.TimelineAsync("gate")).Spans[0];
            await daemon.Http.PostAsync("/api/v1/locks", Requests.Json(JsonSerializer.Serialize(new
            {
                channel = await daemon.IdAsync("gate"), from = first.From, to = first.From.AddSeconds(4), reason = "incident",
            }))).BodyAsync(System.Net.HttpStatusCode.Created);
        }

        // Until the lock is copied and the last round is over.
        Task<string[]> SettledAsync(DaemonProcess daemon)
        {
            string[] last = [];
            var since = global::System.Diagnostics.Stopwatch.StartNew();
            return daemon.WaitAsync(() => AnswersAsync(daemon), now =>
            {
                if (!now.SequenceEqual(last))
                    since.Restart();
                last = now;
                return since.Elapsed.TotalSeconds > 3 && now[2].Contains("\"locked\":true", StringComparison.Ordinal);   // longer than two rounds
            }, "answers that stay");
        }

        async Task<string[]> AnswersAsync(DaemonProcess daemon)
        {
            List<string> answers = [(await daemon.GetAsync("/api/v1/locks")).GetRawText(), (await daemon.GetAsync("/api/v1/storage")).GetProperty("channels").GetRawText()];
            foreach (var key in (string[])["gate", "yard"])
            {
                answers.Add((await daemon.TimelineJsonAsync(key)).GetRawText());
                using var footage = await daemon.Http.GetAsync(await daemon.FootageAddressAsync(key));
                var bytes = await footage.Content.ReadAsByteArrayAsync();
                answers.Add($"{(int)footage.StatusCode} {footage.Headers.ETag} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))}");
            }
            return [.. answers];
        }
    }

    /// <summary>Bytes the file system gave to a folder, as du counts them.</summary>
    private static long DiskUse(string folder)
        => long.Parse(Tool.TextAsync("du", "-s", "--block-size=1", folder).Result.Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture);
}
