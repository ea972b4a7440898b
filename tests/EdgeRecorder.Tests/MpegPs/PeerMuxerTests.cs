using EdgeRecorder.Media;
using EdgeRecorder.Tests.Jt1078;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.MpegPs;

/// <summary>Program streams that others wrote: no map at all, packets cut without regard to pictures, several pictures in one, packs of MPEG-1, a map that comes once.</summary>
public sealed class PeerMuxerTests
{
    [Theory]
    [InlineData("small.h264", "vob")]
    [InlineData("small.h264", "mpeg")]
    [InlineData("small.h265", "vob")]
    [InlineData("small.h265", "mpeg")]
    [InlineData("slices.h264", "vob")]
    [InlineData("360p.h264", "vob")]
    public async Task What_ffmpeg_muxes_is_read_to_the_last_picture(string clip, string format)
    {
        var source = await Clips.FindAsync(clip);
        using var directory = new TemporaryDirectory();
        var path = directory.File("out.ps");
        await Tool.RunAsync("ffmpeg", "-v", "fatal", "-fflags", "+genpts", "-r", "25", "-i", source, "-c", "copy", "-f", format, path);
        await ReadAsync(path, source, clip.EndsWith(".h265", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_GStreamer_muxes_is_read_with_its_sound()
    {
        var (video, audio) = (await Clips.FindAsync("small.h264"), await Clips.FindAsync("10s.aac"));
        using var directory = new TemporaryDirectory();
        var path = directory.File("out.ps");
        await Tool.TryAsync("/usr/bin/gst-launch-1.0", "-q", "mpegpsmux", "name=m", "!", "filesink", $"location={path}",
            "filesrc", $"location={video}", "!", "h264parse", "!", "video/x-h264,framerate=25/1", "!", "m.", "filesrc", $"location={audio}", "!", "aacparse", "!", "m.");
        var rig = await ReadAsync(path, video, h265: false, hasAudio: true);
        Assert.Equal(Codec.Aac, rig.Sink.Audio[0].Track.Codec);
        Assert.Equal(await Tool.FramesAsync(audio, "a:0"), rig.Sink.Audio.Count);
        foreach (var (before, after) in rig.Sink.Audio.Zip(rig.Sink.Audio.Skip(1)))
            Assert.InRange(after.Pts - before.Pts, 1000, 1048);
    }

    private static async Task<PsRig> ReadAsync(string path, string source, bool h265, bool hasAudio = false)
    {
        var stream = await File.ReadAllBytesAsync(path);
        var pictures = ElementaryStream.Pictures(await File.ReadAllBytesAsync(source), h265);
        foreach (var size in new[] { 65_536, 1316, 61 })
        {
            var rig = new PsRig(hasAudio);
            rig.Feed(stream.Chunk(size)).End();
            Assert.Equal(pictures.Select(picture => string.Join(' ', ElementaryStream.Nals(picture.Bytes).Select(Convert.ToHexString))), rig.Sink.Video.Select(CollectingTap.Hex));
            foreach (var (before, after) in rig.Sink.Video.Zip(rig.Sink.Video.Skip(1)))
                Assert.InRange(after.Pts - before.Pts, 3500, 3700);
            rig.Dispose();
            if (size == 61)
                return rig;
        }
        throw new InvalidOperationException("not reached");
    }
}
