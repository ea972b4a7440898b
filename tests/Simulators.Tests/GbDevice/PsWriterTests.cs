using System.Globalization;
using System.Security.Cryptography;
using EdgeRecorder.Simulators.GbDevice;
using EdgeRecorder.Simulators.GbDevice.Media;

namespace EdgeRecorder.Tests.Simulators.GbDevice;

public sealed class PsWriterTests
{
    // Two pictures of 16x16 in H.264 with 5 ms of A-law silence beside each.
    private const string Sync = "00 00 00 01 67 42 c0 0a da 7b 01 10 00 00 03 00 10 00 00 03 03 28 f1 22 6a 00 00 00 01 68 ce 0f c8 00 00 00 01 65 88 84 3a 26 28 0e";
    private const string Second = "00 00 00 01 41 9a 20 26 94";

    [Fact]
    public void Writes_the_example_of_259_bytes()
    {
        var writer = new PsWriter();
        byte[] silence = [.. Enumerable.Repeat((byte)0xD5, 40)];
        writer.PackHeader(896_400, []);
        writer.SystemHeader(hasPrivate: false);
        writer.StreamMap([(0x1B, PsWriter.Video), (0x90, PsWriter.Audio)]);
        writer.Pes(PsWriter.Video, Bytes(Sync), 900_000, null);
        writer.Pes(PsWriter.Audio, silence, 900_000, null);
        Assert.Equal(168, writer.Written.Length);
        writer.PackHeader(900_000, []);
        writer.Pes(PsWriter.Video, Bytes(Second), 903_600, null);
        writer.Pes(PsWriter.Audio, silence, 903_600, null);
        Assert.Equal("07ca351f53e1a417239fb52a0a960b173220892177c83873cc47098c0a23a6a9", Convert.ToHexStringLower(SHA256.HashData(writer.Written)));
    }

    [Fact]
    public void Writes_the_map_of_H265_and_AAC()
    {
        var writer = new PsWriter();
        writer.StreamMap([(0x24, PsWriter.Video), (0x0F, PsWriter.Audio)]);
        Assert.Equal(Bytes("00 00 01 bc 00 12 e0 ff 00 00 00 08 24 e0 00 00 0f c0 00 00 ea c5 e4 1d"), writer.Written.ToArray());
    }

    [Fact]
    public void Writes_both_times_of_a_picture_that_is_shown_later()
    {
        var writer = new PsWriter();
        writer.Pes(PsWriter.Video, [1], 903_600, 900_000);
        Assert.Equal(Bytes("00 00 01 e0 00 0e 84 c0 0a 31 00 37 93 61 11 00 37 77 41 01"), writer.Written.ToArray());
    }

    [Theory]
    [InlineData("small.h264", "10s.aac", "")]
    [InlineData("small.h265", "10s.aac", "")]
    [InlineData("small.h264", "none", "split-sets")]
    [InlineData("small.h264", "none", "pes 400")]
    [InlineData("small.h265", "none", "private")]
    [InlineData("small.h264", "none", "stuffing")]
    [InlineData("b-frames.h264", "10s.aac", "")]
    public async Task Ffprobe_reads_every_picture_and_every_sound(string clip, string audio, string fault)
    {
        var folder = Directory.CreateTempSubdirectory("ps");
        try
        {
            var path = Path.Combine(folder.FullName, "dump.ps");
            var (pictures, sounds) = await DumpAsync(path, clip, audio, fault);
            var packets = await FFmpeg.CountPacketsAsync(path, "-f", "mpeg");
            Assert.Equal(pictures, packets["video"]);
            Assert.Equal(sounds, packets.GetValueOrDefault("audio"));
            var codecs = await FFmpeg.RunAsync("ffprobe", "-v", "error", "-f", "mpeg", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path);
            Assert.Contains(clip.EndsWith("h264", StringComparison.Ordinal) ? "h264" : "hevc", codecs, StringComparison.Ordinal);
            await FFmpeg.RunAsync("ffmpeg", "-v", "error", "-f", "mpeg", "-i", path, "-f", "null", "-");    // not a word about damage
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<(int Pictures, int Sounds)> DumpAsync(string path, string clip, string audioClip, string fault)
    {
        var faults = new Faults
        {
            SplitParameterSets = fault == "split-sets",
            PrivateStreams = fault == "private",
            Stuffing = fault == "stuffing",
            LargestPes = fault.StartsWith("pes ", StringComparison.Ordinal) ? int.Parse(fault.AsSpan(4), CultureInfo.InvariantCulture) : PsWriter.LargestPes,
        };
        var video = MediaTrack.LoadVideo(await Clips.FindAsync(clip), 25, 1);
        var audio = audioClip == "none" ? null : MediaTrack.LoadAudio(await Clips.FindAsync(audioClip));
        var frames = new PsFrames(audio?.Type);
        await using var file = File.Create(path);
        var sound = 0;
        for (var i = 0; i < video.Units.Length; i++)
        {
            var dts = 90_000 + video.TicksOf(i);
            var shift = video.Units[i].Shift90k;
            file.Write(frames.Picture(video, video.Units[i], dts + shift, shift == 0 ? null : dts, faults));
            for (; audio is not null && sound < audio.Units.Length && audio.TicksOf(sound) <= video.TicksOf(i); sound++)
                file.Write(frames.Audio(audio, audio.Units[sound], 90_000 + audio.TicksOf(sound), faults));
        }
        return (video.Units.Length, sound);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
