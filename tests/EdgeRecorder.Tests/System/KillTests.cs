using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>kill -9 at any moment: ready again at once, at most the open fragment lost, every file plays before and after, nobody has to do anything.</summary>
[Collection(FourthDaemon.Name)]
public sealed class KillTests(ITestOutputHelper output)
{
    /// <summary>
    /// A fragment is 0.75 s at the most, what lies below the low-water mark 0.2 s: 25 pictures with the one that closes the fragment, and two that were on
    /// their way. Of those that the camera had sent just before: how long a killed process takes to end, and its connection with it, is the system's.
    /// </summary>
    private const int MostLost = 27;

    [Fact]
    public async Task Kills_at_random_moments_cost_at_most_the_open_fragment()
    {
        var kills = Scale.Of(10, 100);
        var chance = new Random(1);
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup { RingSize = Scale.Of("64MiB", "256MiB") };
        await using var camera = await CameraProcess.StartAsync("360p.h264", "--audio", "10s.aac");
        setup.With("gate", camera.Url(), ("transport", "tcp"));
        var clip = await SourceClip.OpenAsync("360p.h264");
        var sent = new List<(int Before, int InAll)>();
        var ready = new List<TimeSpan>();

        for (var kill = 0; kill < kills; kill++)
        {
            await using var daemon = await DaemonProcess.StartAsync(setup);
            if (kill > 0)
                ready.Add(daemon.ReadyAfter);
            var pictures = chance.Next(30, 90);
            var before = await camera.WaitAsync(s => s.Clients.Count == kill + 1 && s.Clients[kill].Video >= pictures);
            await daemon.KillAsync();
            var after = await camera.WaitAsync(s => s.Clients[kill].State != "Playing");
            sent.Add(((int)before.Clients[kill].Video, (int)after.Clients[kill].Video));
            Assert.Empty(daemon.Errors);
            foreach (var segment in setup.Segments())       // before anybody repairs anything
                await Tool.DecodesAsync(segment);
        }

        await using var last = await DaemonProcess.StartAsync(setup);
        await last.RecordAsync("gate", false);
        var file = directory.File("footage.mp4");
        Assert.True(await last.DownloadAsync("gate", file));
        var sessions = await clip.StretchesAsync(file);
        foreach (var segment in setup.Segments())
            await Tool.DecodesAsync(segment);
        await Tool.DecodesAsync(file);
        var lost = sent.Zip(sessions, (camera, box) => Math.Max(0, camera.Before - box.Count)).ToList();
        output.WriteLine($"ready after {string.Join(", ", ready.Select(r => $"{r.TotalSeconds:0.00}"))} s; pictures lost {string.Join(", ", lost)}");

        Assert.All(sessions.Take(kills), session => Assert.Equal(0, session.First));
        Assert.All(sent.Zip(sessions), pair => Assert.True(pair.Second.Count <= pair.First.InAll));
        Assert.InRange(sessions.Count, kills, kills + 1);
        Assert.All(lost, pictures => Assert.InRange(pictures, 0, MostLost));
        var gaps = (await last.TimelineAsync("gate")).Gaps;
        Assert.Equal(kills, gaps.Count(g => g.Reason == "restart"));
        Assert.DoesNotContain(gaps, g => g.Reason is not ("restart" or "not-recording"));
        Assert.Empty(last.Errors);
    }

    [Fact]
    public async Task A_reader_that_follows_the_growing_file_sees_a_legal_file_also_through_a_kill()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("360p.h264", "--audio", "10s.alaw");
        setup.With("gate", camera.Url(), ("transport", "tcp"));
        var read = 0;
        for (var life = 0; life < 2; life++)
        {
            await using var daemon = await DaemonProcess.StartAsync(setup);
            await camera.WaitAsync(s => s.Clients.Count == life + 1 && s.Clients[life].Video >= 10);
            do
            {
                foreach (var segment in setup.Segments())
                {
                    await Tool.DecodesAsync(segment);
                    read++;
                }
            }
            while ((await camera.StatsAsync()).Clients[life].Video < 120);
            if (life == 0)
                await daemon.KillAsync();
            else
                Assert.Equal(0, await daemon.StopAsync());
        }
        output.WriteLine($"{read} reads");
        Assert.InRange(read, 4, int.MaxValue);
    }

    [Fact]
    public async Task SIGTERM_keeps_everything_that_was_received()
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h265", "--audio", "10s.ulaw");
        setup.With("gate", camera.Url(), ("transport", "tcp"));
        await using (var daemon = await DaemonProcess.StartAsync(setup))
        {
            await camera.WaitAsync(s => s.Clients is [{ Video: > 80 }]);
            Assert.Equal(0, await daemon.StopAsync());
            Assert.Empty(daemon.Errors);
        }
        var sent = (await camera.StatsAsync()).Clients[0];
        await camera.WaitAsync(s => s.Requests.GetValueOrDefault("TEARDOWN") == 1);

        await using var again = await DaemonProcess.StartAsync(setup);
        await again.RecordAsync("gate", false);
        var file = directory.File("footage.mp4");
        Assert.True(await again.DownloadAsync("gate", file));
        var session = (await (await SourceClip.OpenAsync("small.h265")).StretchesAsync(file))[0];
        output.WriteLine($"{sent.Video} sent, {session.Count} kept");
        Assert.Equal(0, session.First);
        Assert.InRange(session.Count, sent.Video - 12, sent.Video);
        Assert.Equal("restart", (await again.TimelineAsync("gate")).Gaps[0].Reason);
    }
}
