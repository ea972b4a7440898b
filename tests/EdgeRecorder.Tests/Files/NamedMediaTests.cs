using System.Globalization;
using EdgeRecorder.Files;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Sound;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Files;

/// <summary>Both containers, held against what ffmpeg and GStreamer make of them.</summary>
public sealed class NamedMediaTests : IDisposable
{
    private const long Late90k = 123_456_789;

    private readonly TemporaryDirectory _directory = new();
    private readonly AacSound _sound = new(NullLogger<AacSound>.Instance);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("ts", Codec.H264, Codec.Aac, 0)]
    [InlineData("ts", Codec.H264, Codec.Aac, 2)]
    [InlineData("ts", Codec.H265, Codec.Aac, 2)]
    [InlineData("ts", Codec.H264, null, 0)]
    [InlineData("ts", null, Codec.Aac, 0)]
    [InlineData("mp4", Codec.H264, Codec.Aac, 2)]
    [InlineData("mp4", Codec.H265, Codec.G711A, 0)]
    [InlineData("mp4", null, Codec.Aac, 0)]
    public async Task Every_frame_is_there_and_plays(string container, Codec? video, Codec? audio, int bFrames)
    {
        var clip = await Clip.MakeAsync(video, audio, bFrames: bFrames);
        using var feed = new Feed(mediaEnd90k: Late90k);
        feed.Play(clip);
        var path = Write(feed, container);

        await Tool.DecodesAsync(path);
        await PlaysInGStreamerAsync(path, container, video, audio);
        if (video is not null)
            Assert.Equal(feed.Samples(1).Count, await Tool.FramesAsync(path, "v:0"));
        if (audio is not null)
            Assert.Equal(feed.Samples(2).Count, (await PacketsAsync(path, "a")).Count);
        Assert.Equal(4.0, await NumberAsync(path, "format=duration"), 0.15);
        Assert.InRange(await NumberAsync(path, "format=start_time"), 0, 0.4);
        var stamps = (await PacketsAsync(path, video is null ? "a" : "v")).Select(packet => packet.Pts).ToList();
        Assert.Equal(feed.Samples(video is null ? 2 : 1).Count, stamps.Count);
    }

    [Theory]
    [InlineData("ts", Codec.H264)]
    [InlineData("ts", Codec.H265)]
    [InlineData("mp4", Codec.H264)]
    public async Task Pictures_are_those_of_the_camera_bit_by_bit(string container, Codec codec)
    {
        var clip = await Clip.MakeAsync(codec, Codec.Aac, bFrames: 2);
        using var feed = new Feed();
        feed.Play(clip);
        var ring = _directory.File("ring.mp4");
        await File.WriteAllBytesAsync(ring, feed.ToFile());

        Assert.Equal(await PicturesAsync(ring), await PicturesAsync(Write(feed, container)));
    }

    [Fact]
    public async Task Decoding_times_of_a_transport_stream_grow_and_its_clock_never_jumps()
    {
        using var feed = new Feed(mediaEnd90k: Late90k);
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, bFrames: 2));
        var path = Write(feed, "ts");

        foreach (var track in (string[])["v", "a"])
        {
            var packets = await PacketsAsync(path, track);
            Assert.All(packets.Zip(packets.Skip(1)), pair => Assert.True(pair.Second.Dts > pair.First.Dts, $"{pair}"));
            Assert.All(packets, packet => Assert.True(packet.Pts >= packet.Dts));
        }
        var clocks = Packets(path).Select(packet => MpegTsPacket.Clock(packet)).OfType<long>().ToList();
        Assert.All(clocks.Zip(clocks.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, 9_000));
        foreach (var pid in Packets(path).GroupBy(MpegTsPacket.Pid).Where(group => group.Key != 0x1FFF))
        {
            var counters = pid.Where(MpegTsPacket.HasPayload).Select(packet => packet[3] & 15).ToList();
            Assert.All(counters.Zip(counters.Skip(1)), pair => Assert.Equal(pair.First + 1 & 15, pair.Second));
        }
    }

    [Theory]
    [InlineData(Codec.H264, Codec.G711A, false)]
    [InlineData(Codec.H265, Codec.G711U, true)]
    [InlineData(null, Codec.G711A, false)]
    public async Task G711_is_aac_in_a_transport_stream_and_lies_where_it_was(Codec? video, Codec law, bool continuity)
    {
        var track = new Track { Codec = law, TimeScale = 8000, ChannelCount = 1 };
        Assert.True(NamedTs.CanHold(track, _sound));
        using var feed = new Feed(mediaEnd90k: Late90k);
        var clip = await Clip.MakeAsync(video, law);
        feed.Play(clip);
        var path = Write(feed, "ts", continuity: continuity);

        await Tool.DecodesAsync(path);
        await PlaysInGStreamerAsync(path, "ts", video, Codec.Aac);
        Assert.Equal("aac,16000,1", (await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", "stream=codec_name,sample_rate,channels", "-of", "csv=p=0", path)).Split('\n', StringSplitOptions.RemoveEmptyEntries)[0].Trim(','));
        var sound = await PacketsAsync(path, "a");
        Assert.All(sound.Zip(sound.Skip(1)), pair => Assert.Equal(1024 / 16_000.0, pair.Second.Pts - pair.First.Pts, 0.0002));
        Assert.Equal(4.0, sound[^1].Pts - sound[0].Pts, 0.3);
        if (video is not null)
        {
            var pictures = await PacketsAsync(path, "v");
            Assert.Equal(feed.Samples(1).Count, pictures.Count);
            // The first sample of the sound and the first picture stand to each other as in the ring; a frame of AAC begins up to 64 ms before.
            var apart = MediaTime.From(feed.Samples(2)[0].Sample.Dts, 8000) / 90_000.0 - (feed.Samples(1)[0].Sample.Dts + feed.Samples(1)[0].Sample.CompositionOffset) / 90_000.0;
            Assert.InRange(sound[0].Pts - pictures.Min(picture => picture.Pts) - apart, -0.066, 0.002);
        }
        // Nothing comes behind the time that its clock says.
        long clock = long.MinValue;
        foreach (var packet in Packets(path))
        {
            clock = MpegTsPacket.Clock(packet) ?? clock;
            if (MpegTsPacket.Stamp(packet) is { } stamp)
                Assert.True(stamp >= clock, $"{stamp} behind {clock}");
        }
    }

    [Fact]
    public async Task Stamps_that_run_on_are_those_of_the_channel()
    {
        using var feed = new Feed(mediaEnd90k: Late90k);
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac));

        var expected = (feed.Fragments[0].MediaStart90k + MpegTs.TsWriter.Lead90k) / 90_000.0;
        Assert.Equal(expected, await NumberAsync(Write(feed, "ts", continuity: true), "format=start_time"), 0.2);
        Assert.Equal(feed.Fragments[0].MediaStart90k / 90_000.0, await NumberAsync(Write(feed, "mp4", continuity: true), "format=start_time"), 0.2);
    }

    [Theory]
    [InlineData("ts", TrackChoice.Video)]
    [InlineData("mp4", TrackChoice.Video)]
    [InlineData("ts", TrackChoice.Audio)]
    [InlineData("mp4", TrackChoice.Audio)]
    public async Task Only_the_chosen_tracks_are_in_the_file_and_nothing_of_the_others(string container, TrackChoice choice)
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac));
        var path = Write(feed, container, choice);

        await Tool.DecodesAsync(path);
        Assert.Equal(choice == TrackChoice.Video ? "video" : "audio", (await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "default=nk=1:nw=1", path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Single());
        var media = feed.Samples(choice == TrackChoice.Video ? 1 : 2).Sum(sample => sample.Bytes.Length);
        if (container == "mp4")
            Assert.InRange(new FileInfo(path).Length, media, media + 16_384);
    }

    [Theory]
    [InlineData("ts")]
    [InlineData("mp4")]
    public async Task Cut_anywhere_a_file_is_closed_behind_its_last_whole_fragment(string container)
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac));
        var ends = new List<(long Bytes, int Pictures)>();
        var whole = await File.ReadAllBytesAsync(Write(feed, container, isFinished: false, each: (bytes, fragments) => ends.Add((bytes, fragments.Sum(fragment => fragment.VideoSamples)))));
        var chance = new Random(3);

        foreach (var cut in Enumerable.Range(0, 6).Select(_ => chance.Next((int)ends[0].Bytes, whole.Length)).Append(whole.Length))
        {
            var path = _directory.File($"{Guid.NewGuid()}.{container}");
            await File.WriteAllBytesAsync(path, whole[..cut]);
            using (var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
            using (INamedMedia media = container == "ts" ? NamedTs.Recover(handle) : NamedMp4.Recover(handle, 0, 0)!)
            {
                var (bytes, _) = ends.Last(end => end.Bytes <= cut);
                Assert.Equal(bytes, media.Length);
                Assert.InRange(media.Milliseconds, 1, 4_100);
                media.Finish();
            }
            await Tool.DecodesAsync(path);
            Assert.Equal(ends.Last(end => end.Bytes <= cut).Pictures, await Tool.FramesAsync(path, "v:0"));
        }
    }

    [Fact]
    public async Task An_mp4_plays_while_it_is_written_and_is_progressive_when_it_is_whole()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac));

        var open = Write(feed, "mp4", isFinished: false);
        Assert.Equal(["ftyp", "free", "moov", "moof", "mdat"], Boxes(open).Take(5));
        await Tool.DecodesAsync(open);
        var whole = Write(feed, "mp4");
        Assert.Equal(["ftyp", "mdat", "moov"], Boxes(whole));
        Assert.Equal(await PicturesAsync(open), await PicturesAsync(whole));
    }

    private string Write(Feed feed, string container, TrackChoice choice = TrackChoice.All, bool continuity = false, bool isFinished = true, Action<long, IReadOnlyList<Fragment>>? each = null)
    {
        var path = _directory.File($"{Guid.NewGuid()}.{container}");
        var format = TrackSelection.Of(feed.Fragments[0].Init, choice).Init;
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        using INamedMedia media = container == "ts" ? NamedTs.Begin(handle, format.Tracks, _sound) : NamedMp4.Begin(handle, format, 0);
        var done = new List<Fragment>();
        foreach (var fragment in feed.Fragments)
        {
            var bytes = fragment.ToArray();
            media.Add(MovieFragment.Parse(bytes), bytes, continuity ? 0 : feed.Fragments[0].MediaStart90k);
            done.Add(fragment);
            each?.Invoke(media.Length, done);
        }
        Assert.Equal(4_000.0, media.Milliseconds, 150.0);
        if (isFinished)
            media.Finish();
        Assert.Equal(new FileInfo(path).Length, media.Length);
        return path;
    }

    private static async Task PlaysInGStreamerAsync(string path, string container, Codec? video, Codec? audio)
    {
        if (container == "mp4")
        {
            await Tool.DecodesInGStreamerAsync(path, video is not null, audio is not null);
            return;
        }
        List<string> arguments = ["-q", "filesrc", $"location={path}", "!", "tsdemux", "name=d"];
        if (video is not null)
            arguments.AddRange(["d.", "!", "queue", "!", video == Codec.H264 ? "h264parse" : "h265parse", "!", "decodebin", "!", "fakesink", "sync=false"]);
        if (audio is not null)
            arguments.AddRange(["d.", "!", "queue", "!", "aacparse", "!", "decodebin", "!", "fakesink", "sync=false"]);
        await Tool.RunAsync("/usr/bin/gst-launch-1.0", [.. arguments]);
    }

    private static async Task<List<string>> PicturesAsync(string path)
        => [.. (await Tool.TextAsync("ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-f", "framemd5", "-")).Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(',')[^1])];

    private static async Task<List<(double Pts, double Dts)>> PacketsAsync(string path, string track)
        => [.. (await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", track, "-show_entries", "packet=pts_time,dts_time", "-of", "csv=p=0", path)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(',')).Select(f => (Number(f[0]), Number(f[1])))];

    private static async Task<double> NumberAsync(string path, string entry) => Number(await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", entry, "-of", "csv=p=0", path));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<byte[]> Packets(string path) => File.ReadAllBytes(path).Chunk(MpegTs.TsWriter.PacketLength);

    private static List<string> Boxes(string path)
    {
        var boxes = new List<string>();
        var reader = new BoxReader(File.ReadAllBytes(path));
        while (reader.TryNext(out var box))
            boxes.Add(box.Type);
        return boxes;
    }

    private static class MpegTsPacket
    {
        public static int Pid(byte[] packet) => (packet[1] & 0x1F) << 8 | packet[2];
        public static bool HasPayload(byte[] packet) => (packet[3] & 0x10) != 0;
        public static long? Clock(byte[] packet) => MpegTs.TsPacket.Clock(packet);

        /// <summary>PTS of a packet with which a PES packet begins.</summary>
        public static long? Stamp(byte[] packet)
        {
            var at = 4 + ((packet[3] & 0x20) != 0 ? 1 + packet[4] : 0);
            return (packet[1] & 0x40) == 0 || Pid(packet) is 0 or 0x1FFF || at + 14 > packet.Length || packet[at] != 0 || packet[at + 1] != 0 || packet[at + 2] != 1 ? null
                : (long)(packet[at + 9] >> 1 & 7) << 30 | (long)(packet[at + 10] << 7 | packet[at + 11] >> 1) << 15 | (long)(packet[at + 12] << 7 | packet[at + 13] >> 1);
        }
    }
}
