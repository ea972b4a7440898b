using System.Globalization;
using System.IO.Pipelines;
using EdgeRecorder.Media;
using EdgeRecorder.Playback;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Playback;

public sealed class FootageTests : IDisposable
{
    private static readonly StreamKey Key = new(1, 0);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(Codec.H264, Codec.Aac)]
    [InlineData(Codec.H265, Codec.G711A)]
    [InlineData(Codec.H264, null)]
    [InlineData(null, Codec.Aac)]
    public async Task A_download_begins_at_zero_and_plays_with_every_frame(Codec? video, Codec? audio)
    {
        var clip = await Clip.MakeAsync(video, audio, seconds: 8);
        using var feed = new Feed(mediaEnd90k: 123_456_789_000);
        feed.Play(clip);
        var ring = Ring(feed, perSegment: 3);
        var path = await SaveAsync(ring, 0, long.MaxValue);

        await Tool.DecodesAsync(path);
        await Tool.DecodesInGStreamerAsync(path, video is not null, audio is not null);
        if (video is not null)
            Assert.Equal(200, await Tool.FramesAsync(path, "v:0"));
        Assert.Equal(8.0, await NumberAsync(path, "format=duration"), 0.1);
        Assert.Equal(0.0, await NumberAsync(path, "format=start_time"), 0.001);
    }

    [Fact]
    public async Task A_player_seeks_into_a_download_and_gets_the_same_pictures()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds: 8));
        var path = await SaveAsync(Ring(feed, perSegment: 4), 0, long.MaxValue);

        var whole = (await Tool.TextAsync("ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-f", "framemd5", "-")).Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(',')[^1]).ToList();
        var sought = (await Tool.TextAsync("ffmpeg", "-v", "error", "-ss", "5", "-i", path, "-map", "0:v", "-f", "framemd5", "-")).Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(',')[^1]).ToList();
        Assert.Equal(75, sought.Count);
        Assert.Equal(whole.TakeLast(75), sought);
    }

    [Fact]
    public async Task A_range_in_the_middle_begins_at_the_sync_sample_before()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.G711U, seconds: 8));
        var path = await SaveAsync(Ring(feed, perSegment: 4), 3_500_000, 5_100_000);
        await Tool.DecodesAsync(path);
        // From the sync sample at 3 s to the end of the fragment that holds 5.1 s.
        Assert.Equal(69, await Tool.FramesAsync(path, "v:0"));
    }

    [Fact]
    public async Task Every_range_has_the_bytes_of_the_whole()
    {
        using var feed = new Feed(mediaEnd90k: 5_000_000);
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds: 8, width: 640));
        var ring = Ring(feed, perSegment: 5);
        foreach (var verbatim in new[] { false, true })
        {
            using var download = Open(ring, 0, long.MaxValue, verbatim);
            var whole = await BytesAsync(download, 0, download.Length);
            Assert.Equal(download.Length, whole.Length);
            var random = new Random(5);
            for (var i = 0; i < 400; i++)
            {
                var from = random.NextInt64(download.Length);
                var count = 1 + random.NextInt64(i % 2 == 0 ? Math.Min(5000, download.Length - from) : download.Length - from);
                count = Math.Min(count, download.Length - from);
                var part = await BytesAsync(download, from, count);
                Assert.True(whole.AsSpan((int)from, (int)count).SequenceEqual(part), $"{count} bytes from {from}");
            }
        }
    }

    [Fact]
    public async Task A_fragment_larger_than_a_read_goes_out_in_pieces()
    {
        using var feed = new Feed(mediaEnd90k: 90_000);
        var clip = await Clip.MakeAsync(Codec.H264, null);
        feed.Announce(clip.Tracks);
        var pictures = clip.Pictures.ToList();
        feed.Add(pictures[0] with { Bytes = [.. pictures[0].Bytes, .. Filler(3 * FootageDownload.ReadBytes)] });
        foreach (var unit in pictures.Skip(1))
            feed.Add(unit);
        feed.Close();
        var ring = Ring(feed, perSegment: 100);
        using var download = Open(ring, 0, long.MaxValue);
        var whole = await BytesAsync(download, 0, download.Length);
        for (var from = 0L; from < download.Length; from += 40_001)
        {
            var rest = await BytesAsync(download, from, download.Length - from);
            Assert.True(whole.AsSpan((int)from).SequenceEqual(rest), $"from {from}");
        }
        var path = _directory.File("f.mp4");
        await File.WriteAllBytesAsync(path, whole);
        Assert.Equal(100, await Tool.FramesAsync(path, "v:0"));
    }

    [Fact]
    public async Task Neighbours_on_disk_are_read_together()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds: 8));
        var ring = Ring(feed, perSegment: 100);
        using var download = Open(ring, 0, long.MaxValue);
        var before = ring.Reads;
        await BytesAsync(download, 0, download.Length);
        Assert.InRange(ring.Reads - before, 1, 1 + download.Length / (FootageDownload.ReadBytes / 2));
    }

    [Fact]
    public async Task A_hole_that_eviction_left_is_closed_up_and_begins_again_with_a_sync_sample()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds: 8, gop: 50));
        var ring = Ring(feed, perSegment: 2);
        // Sync, not, not | sync…: a sync one and what leads to the next go.
        var lost = ring.Fragments.FindIndex(3, fragment => fragment.IsSync);
        ring.Fragments.RemoveRange(lost, 2);
        var path = await SaveAsync(ring, 0, long.MaxValue);
        await Tool.DecodesAsync(path);
        await Tool.DecodesInGStreamerAsync(path, video: true, audio: true);
        Assert.Equal(150, await Tool.FramesAsync(path, "v:0"));
        Assert.Equal(6.0, await NumberAsync(path, "format=duration"), 0.1);
    }

    [Fact]
    public async Task A_format_that_changes_inside_is_named_with_its_instant()
    {
        using var one = new Feed();
        one.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac));
        using var other = new Feed(mediaEnd90k: one.Fragmenter.MediaEnd90k);
        other.Play(await Clip.MakeAsync(Codec.H264, Codec.G711A));
        var ring = Ring(one, perSegment: 100);
        ring.AddSegment(other.Fragments);
        var change = Assert.IsType<FootageAnswer.FormatChange>(new Footage(ring).Open(Key, 0, long.MaxValue, verbatim: false));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(ring.Fragments[one.Fragments.Count].FromUtcUs / 1000), change.At);
        Assert.Contains("G711A", change.What, StringComparison.Ordinal);
        Assert.Equal(0, ring.Leases);
    }

    [Fact]
    public void Nothing_there_is_said_and_holds_no_lease()
    {
        var ring = new FakeRing();
        Assert.IsType<FootageAnswer.Nothing>(new Footage(ring).Open(Key, 0, 1000, verbatim: false));
        Assert.Equal(0, ring.Leases);
    }

    [Fact]
    public async Task What_is_recycled_under_way_ends_the_copy_with_an_error_and_never_sends_other_bytes()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds: 8, width: 640));
        var ring = Ring(feed, perSegment: 2);
        using var download = Open(ring, 0, long.MaxValue);
        var whole = await BytesAsync(download, 0, download.Length);
        ring.RecycledFromRead = ring.Reads + 3;
        using var sent = new MemoryStream();
        var pipe = PipeWriter.Create(sent, new StreamPipeWriterOptions(leaveOpen: true));
        await Assert.ThrowsAsync<IOException>(() => download.CopyAsync(pipe, 0, download.Length, default));
        Assert.InRange(sent.Length, 1, download.Length - 1);
        Assert.True(whole.AsSpan(0, (int)sent.Length).SequenceEqual(sent.ToArray()));
    }

    [Fact]
    public async Task A_lease_that_was_cut_ends_the_copy()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds: 8));
        var ring = Ring(feed, perSegment: 2);
        using var download = Open(ring, 0, long.MaxValue);
        await ring.Cut.CancelAsync();
        await Assert.ThrowsAsync<IOException>(() => BytesAsync(download, 0, download.Length));
    }

    [Fact]
    public async Task The_tag_changes_with_the_bytes_and_only_with_them()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds: 8));
        var ring = Ring(feed, perSegment: 2);
        using var one = Open(ring, 0, 4_000_000);
        using var same = Open(ring, 0, 4_000_000);
        using var longer = Open(ring, 0, 5_000_000);
        using var verbatim = Open(ring, 0, 4_000_000, verbatim: true);
        Assert.Equal(one.EntityTag, same.EntityTag);
        Assert.Equal(3, new[] { one.EntityTag, longer.EntityTag, verbatim.EntityTag }.Distinct().Count());
    }

    private static FakeRing Ring(Feed feed, int perSegment)
    {
        var ring = new FakeRing();
        foreach (var segment in feed.Fragments.Chunk(perSegment))
            ring.AddSegment(segment);
        return ring;
    }

    private static IFootageDownload Open(FakeRing ring, long from, long to, bool verbatim = false)
        => Assert.IsType<FootageAnswer.Found>(new Footage(ring).Open(Key, from, to, verbatim)).Download;

    private static async Task<byte[]> BytesAsync(IFootageDownload download, long offset, long count)
    {
        using var target = new MemoryStream();
        var pipe = PipeWriter.Create(target, new StreamPipeWriterOptions(leaveOpen: true));
        await download.CopyAsync(pipe, offset, count, default);
        await pipe.CompleteAsync();
        return target.ToArray();
    }

    private async Task<string> SaveAsync(FakeRing ring, long from, long to)
    {
        using var download = Open(ring, from, to);
        var path = _directory.File("footage.mp4");
        await File.WriteAllBytesAsync(path, await BytesAsync(download, 0, download.Length));
        return path;
    }

    private static async Task<double> NumberAsync(string path, string entry)
        => double.Parse((await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", entry, "-of", "csv=p=0", path)).Trim(), CultureInfo.InvariantCulture);

    /// <summary>A filler data NAL unit (H.264 type 12) with its length in front.</summary>
    private static byte[] Filler(int size)
        => [(byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size, 12, .. Enumerable.Repeat((byte)0xFF, size - 2), 0x80];
}
