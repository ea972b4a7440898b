using System.Globalization;
using System.Security.Cryptography;
using EdgeRecorder.Export;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Export;

public sealed class MovieFileTests : IDisposable
{
    private static readonly MovieTags Tags = new("Gate", "a comment: 100 % \"quoted\" 闸门 🚪");
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(Codec.H264, Codec.Aac, 0)]
    [InlineData(Codec.H265, Codec.G711A, 0)]
    [InlineData(Codec.H264, null, 0)]
    [InlineData(null, Codec.Aac, 0)]
    [InlineData(Codec.H264, Codec.Aac, 2)]
    [InlineData(Codec.H265, Codec.G711U, 2)]
    public async Task Every_frame_is_there_byte_for_byte_and_plays(Codec? video, Codec? audio, int bFrames)
    {
        var clip = await Clip.MakeAsync(video, audio, bFrames: bFrames);
        using var feed = new Feed(mediaEnd90k: 123_456_789_000);
        feed.Play(clip);
        var path = Write(feed, fromUs: 0, toUs: long.MaxValue);

        await Tool.DecodesAsync(path);
        await Tool.DecodesInGStreamerAsync(path, video is not null, audio is not null);
        foreach (var (track, id) in clip.Tracks.Select(track => (track, track.Id)))
            Assert.Equal(feed.Samples(id).Select(sample => Digest(sample.Bytes)), (await PacketsAsync(path, track.IsVideo ? "v" : "a")).Select(p => p.Digest));
        Assert.Equal(4.0, await NumberAsync(path, "format=duration"), 0.1);
        Assert.Equal(Tags.Comment, (await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "format_tags=comment", "-of", "default=nk=1:nw=1", path)).TrimEnd('\n'));
    }

    [Theory]
    [InlineData(Codec.H264, 0, 1.5)]
    [InlineData(Codec.H264, 0, 2.0)]
    [InlineData(Codec.H264, 2, 1.56)]
    [InlineData(Codec.H265, 0, 1.4)]
    public async Task Players_begin_with_the_picture_that_was_shown_at_the_asked_instant(Codec codec, int bFrames, double from)
    {
        var clip = await Clip.MakeAsync(codec, Codec.Aac, bFrames: bFrames);
        using var feed = new Feed();
        feed.Play(clip);
        // Dates count from the first fragment; pictures are shown 40 ms each, from the first one's own instant on.
        var lead = MediaTime.ToUs(feed.Samples(1).Min(sample => sample.Sample.Dts + sample.Sample.CompositionOffset) - feed.Fragments[0].MediaStart90k);
        var fromUs = feed.Fragments[0].BoottimeUs + lead + (long)(from * 1_000_000);
        var path = Write(feed, fromUs, feed.Fragments[0].BoottimeUs + lead + 3_000_000);

        var whole = await FramesAsync(Write(feed, 0, long.MaxValue));
        var cut = await FramesAsync(path);
        var first = (int)Math.Floor(from * 25 + 1e-6);
        Assert.Equal(whole[first], cut[0]);
        Assert.Equal(whole.Skip(first).Take(cut.Count), cut);
        Assert.InRange(cut.Count, 75 - first - 1, 75 - first + bFrames);
        Assert.InRange(await NumberAsync(path, "format=duration"), 3 - from - 0.05, 3 - from + 0.15);
        Assert.InRange(await NumberAsync(path, "format=start_time"), 0, 0.001);
        Assert.Equal(cut.Count, await ShownByGStreamerAsync(path));
    }

    [Fact]
    public async Task What_is_missing_in_the_ring_leaves_no_hole_on_the_time_line()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds: 8));
        var path = Write(feed, 0, long.MaxValue, fragment => fragment.MediaStart90k is < 2 * 90_000 or >= 5 * 90_000);
        await Tool.DecodesAsync(path);
        Assert.Equal(125, await Tool.FramesAsync(path, "v:0"));
        Assert.Equal(5.0, await NumberAsync(path, "format=duration"), 0.1);
    }

    [Fact]
    public async Task A_header_that_is_longer_than_expected_stands_at_the_end()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds: 120));
        var (front, back) = (Write(feed, 0, long.MaxValue, expected: TimeSpan.FromMinutes(3)), Write(feed, 0, long.MaxValue, expected: TimeSpan.Zero));
        Assert.Equal(["ftyp", "moov", "free", "mdat"], Boxes(front));
        Assert.Equal(["ftyp", "free", "mdat", "moov"], Boxes(back));
        await Tool.DecodesAsync(back);
        Assert.Equal(await PacketsAsync(front, "v"), await PacketsAsync(back, "v"));
    }

    [Fact]
    public async Task A_file_that_was_told_before_is_made_to_measure_and_its_digest_is_made_while_it_is_written()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds: 30));
        var fragments = feed.Fragments.Select(Ref).ToList();
        var fromUs = fragments[0].Ref.FromUtcUs + 300_000;
        var layout = new MovieLayout(feed.Fragments[0].Init, fromUs);
        foreach (var (reference, fragment) in fragments)
            layout.Add(reference, fragment.ToArray().AsSpan(0, MovieFragment.HeadLength(fragment.ToArray())), long.MaxValue);
        var front = layout.Front(Tags);

        // The second time one of them cannot be read any more.
        foreach (var (left, boxes) in new[] { (-1, new[] { "ftyp", "moov", "mdat" }), (7, ["ftyp", "moov", "free", "mdat"]) })
        {
            var path = _directory.File($"{Guid.NewGuid()}.mp4");
            using var file = new MovieFile(path, feed.Fragments[0].Init, fromUs, front);
            for (var i = 0; i < fragments.Count; i++)
                if (i != left)
                    file.Add(fragments[i].Ref, fragments[i].Fragment.ToArray(), long.MaxValue);
            var (length, digest) = file.Finish(Tags);
            var bytes = await File.ReadAllBytesAsync(path);
            Assert.Equal((bytes.Length, Digest(bytes)), (length, digest));
            Assert.Equal(boxes, Boxes(path));
            Assert.Equal(left < 0, bytes.AsSpan().StartsWith(front));
            await Tool.DecodesAsync(path);
            if (left < 0)
                Assert.Equal(await FramesAsync(Write(feed, fromUs, long.MaxValue)), await FramesAsync(path));
        }
    }

    private string Write(Feed feed, long fromUs, long toUs, Func<Fragment, bool>? isKept = null, TimeSpan? expected = null)
    {
        var path = _directory.File($"{Guid.NewGuid()}.mp4");
        var fragments = feed.Fragments.Where(fragment => isKept?.Invoke(fragment) ?? true).Select(Ref).ToList();
        // As the ring leases it: from the sync fragment at or before the asked instant.
        var first = Math.Max(0, fragments.FindLastIndex(f => f.Ref.IsSync && f.Ref.FromUtcUs <= fromUs));
        using var file = new MovieFile(path, feed.Fragments[0].Init, fromUs, expected ?? TimeSpan.FromSeconds(10));
        foreach (var (reference, fragment) in fragments.Skip(first).TakeWhile(f => f.Ref.FromUtcUs < toUs))
            file.Add(reference, fragment.ToArray(), toUs);
        file.Finish(Tags);
        return path;
    }

    private static (FragmentRef Ref, Fragment Fragment) Ref(Fragment fragment)
        => (new FragmentRef(1, 1, 0, FragmentRef.RecordHeaderLength + fragment.Length, fragment.MediaStart90k, fragment.Duration90k, fragment.IsSync, fragment.StartsRun,
            fragment.BoottimeUs, fragment.BoottimeUs + MediaTime.ToUs(fragment.Duration90k)), fragment);

    private static string Digest(byte[] sample) => Convert.ToHexStringLower(SHA256.HashData(sample));

    /// <summary>Packets as they lie in the file, the ones in front of the edit too.</summary>
    private static async Task<List<(string Digest, string Flags)>> PacketsAsync(string path, string track)
    {
        var text = await Tool.TextAsync("ffprobe", "-v", "error", "-ignore_editlist", "1", "-select_streams", track, "-show_entries", "packet=flags,data_hash", "-show_data_hash", "SHA256", "-of", "csv=p=0", path);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',')).Select(f => (f[1].Replace("SHA256:", "", StringComparison.Ordinal), f[0]))];
    }

    private static async Task<List<string>> FramesAsync(string path)
        => [.. (await Tool.TextAsync("ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-f", "framemd5", "-")).Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(',')[^1])];

    /// <summary>Pictures that come out of GStreamer; what lies in front of the edit it throws away.</summary>
    private async Task<int> ShownByGStreamerAsync(string path)
    {
        var raw = _directory.File("pictures.raw");
        await Tool.RunAsync("/usr/bin/gst-launch-1.0", "-q", "filesrc", $"location={path}", "!", "qtdemux", "name=d", "d.video_0", "!", "queue", "!", "decodebin", "!", "filesink", $"location={raw}");
        return (int)(new FileInfo(raw).Length / (160 * 120 * 3 / 2));
    }

    private static async Task<double> NumberAsync(string path, string entry)
        => double.Parse(await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", entry, "-of", "csv=p=0", path), CultureInfo.InvariantCulture);

    private static List<string> Boxes(string path)
    {
        var boxes = new List<string>();
        var reader = new BoxReader(File.ReadAllBytes(path));
        while (reader.TryNext(out var box))
            boxes.Add(box.Type);
        return boxes;
    }
}
