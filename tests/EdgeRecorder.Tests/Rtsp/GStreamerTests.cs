using EdgeRecorder.Media;
using EdgeRecorder.Rtsp;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.Rtsp;

/// <summary>A camera that others wrote.</summary>
public sealed class GStreamerTests
{
    [Theory]
    [InlineData("h264", "aac", "Tcp", Codec.H264, Codec.Aac)]
    [InlineData("h264", "alaw", "Udp", Codec.H264, Codec.G711A)]
    [InlineData("h265", "ulaw", "Tcp", Codec.H265, Codec.G711U)]
    [InlineData("h265", "aac", "Udp", Codec.H265, Codec.Aac)]
    public async Task Its_stream_arrives_without_loss_and_decodes(string codec, string audio, string transport, Codec video, Codec sound)
    {
        await using var camera = await GStreamerCamera.StartAsync(codec, audio);

        var sink = await Sessions.Create(camera.Url, Enum.Parse<RtspTransport>(transport)).CollectAsync(sink => sink.Video.Count >= 75 && sink.Video[^1].SourceUtcUs != 0);   // its first sender report comes when it likes

        Assert.Equal([video, sound], Assert.Single(sink.Announcements).Select(track => track.Codec));
        Assert.Equal((320, 240), (sink.Video[0].Track.Width, sink.Video[0].Track.Height));
        Assert.True(sink.Video[0].IsSync);
        Assert.Equal(0, sink.LostUnits);
        Assert.All(sink.Video.Zip(sink.Video.Skip(1)), pair => Assert.InRange(pair.Second.Pts - pair.First.Pts, 3590, 3610));
        Assert.InRange(sink.Audio[^1].Pts / (double)sink.Audio[^1].Track.TimeScale, 2, 15);
        Assert.InRange(Math.Abs(sink.Video[^1].SourceUtcUs - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000), 0, 20_000_000);
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.{codec}");
        await File.WriteAllBytesAsync(file, sink.AnnexB());
        try
        {
            var packets = await FFmpeg.RunAsync("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", file);
            Assert.Equal(sink.Video.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), packets.Trim());
        }
        finally
        {
            File.Delete(file);
        }
    }
}
