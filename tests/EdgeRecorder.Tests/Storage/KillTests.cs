using System.Globalization;
using EdgeRecorder.Bytes;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Storage.PowerCut;

namespace EdgeRecorder.Tests.Storage;

/// <summary>A recording process killed with SIGKILL again and again (<c>SCALE=full</c>: 100 times), its files read before anybody repairs them.</summary>
public sealed class KillTests : IDisposable
{
    private const int Segments = 24;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_killed_recorder_loses_nothing_that_was_written_and_every_file_plays_before_recovery()
    {
        var kills = Environment.GetEnvironmentVariable("SCALE") == "full" ? 100 : 10;
        var random = new Random(5);
        var written = new SortedSet<long>();
        for (var kill = 0; kill < kills; kill++)
        {
            using var child = RingChild.Start(_directory.Path, Segments);
            for (var left = random.Next(5, 120); left > 0; left--)
            {
                var line = await child.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
                Assert.True(line is not null, "the recorder ended by itself");
                Assert.True(written.Add(long.Parse(line, CultureInfo.InvariantCulture)), $"media time {line} was used twice");
                if (left % 8 == 0)
                    Follow();
            }
            child.Kill();
            await child.WaitForExitAsync();
            while (await child.StandardOutput.ReadLineAsync() is { } line)
                written.Add(long.Parse(line, CultureInfo.InvariantCulture));
            foreach (var path in Follow().OrderByDescending(File.GetLastWriteTimeUtc).Take(2))
                await Tool.DecodesAsync(path);
            CheckRecovered(written, kill);
        }
    }

    /// <summary>Reads the files as they grow: a player that follows sees whole boxes and whole records only. Returns those that hold some.</summary>
    private List<string> Follow()
    {
        var playing = new List<string>();
        foreach (var path in Directory.GetFiles(Path.Combine(_directory.Path, "ring"), "*.mp4", SearchOption.AllDirectories))
        {
            using var file = new KernelDevice().Open(path);
            var bytes = new byte[1 << 20];
            file.Read(bytes, 0);
            try
            {
                var before = Format(bytes);
                var wrong = StrictPlayer.Check(bytes, out var records);
                file.Read(bytes.AsSpan(0, 8192), 0);
                if (before != Format(bytes))
                    continue;                               // recycled under the reader
                Assert.True(wrong is null, $"{path}: {wrong}");
                if (records.Count > 0)
                    playing.Add(path);
            }
            catch (ProtocolException)
            {
                // Its first header is being written.
            }
        }
        return playing;

        static long Format(byte[] bytes) => EdgeRecorder.Storage.Format.SegmentHeader.Parse(bytes.AsSpan(0, 8192), bytes.Length).Generation;
    }

    private void CheckRecovered(SortedSet<long> written, int kill)
    {
        if (kill % 3 == 0)
            foreach (var file in Directory.GetFiles(_directory.Path, "index.db*"))
                File.Delete(file);
        using var ring = Ring.Open(RingChild.OptionsOf(_directory.Path, Segments), new TestClock(), new RingBench.RecordingObserver(), []);
        using var lease = ring.Lease(RingChild.Stream, 0, long.MaxValue, fromSync: false);
        var found = lease.Fragments.Select(f => f.MediaStart90k).ToList();
        Assert.Equal(found.Order().Distinct(), found);
        var kept = written.Where(m => m >= found[0]).ToList();
        Assert.True(kept.All(found.Contains), $"kill {kill}: {kept.Count(m => !found.Contains(m))} records that were written are gone");
        foreach (var media in found)
            written.Add(media);                             // one more may have been written than the recorder lived to say
    }
}
