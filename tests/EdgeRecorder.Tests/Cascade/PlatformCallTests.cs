using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.MpegPs;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Sip;
using EdgeRecorder.Tests.Storage;
using Clip = EdgeRecorder.Tests.Media.Clip;

namespace EdgeRecorder.Tests.Cascade;

public sealed class PlatformCallTests
{
    [Theory]
    [InlineData("udp", Codec.H264, Codec.G711A)]
    [InlineData("passive", Codec.H265, Codec.Aac)]
    [InlineData("active", Codec.H264, Codec.Aac)]
    public async Task A_channel_is_shown_live_until_the_platform_hangs_up(string way, Codec video, Codec audio)
    {
        var clip = await Clip.MakeAsync(video, audio);
        using var feed = new Feed();
        feed.Play(clip);
        await using var rig = await new CascadeRig().StartAsync();
        using var call = await rig.CallAsync(way);
        Assert.Equal((200, ReceptionRigSsrc, MediaDirection.SendOnly), (call.Final.Status, call.Answer!.Ssrc, call.Answer.Direction));
        Wait.Until(() => rig.Recorder.Viewer is not null);
        Assert.Equal(new(7, 0), rig.Recorder.Stream);
        var viewer = rig.Recorder.Viewer!;
        var sent = 0L;
        foreach (var fragment in feed.Fragments)
        {
            viewer.Offer(fragment);
            Wait.Until(() => rig.Figures.Packets > sent && call.Session.Packets == rig.Figures.Packets);
            sent = rig.Figures.Packets;
        }
        await EndpointRig.Until(() => Arrived(rig, call) == clip.Pictures.Count() && call.Tap.Audio.Count == clip.Frames.Count(), "all pictures and sound");
        AssertSame(clip, call);
        Assert.Equal(200, (await call.Dialog!.ByeAsync()).Status);
        await EndpointRig.Until(() => rig.Recorder.Viewer is null && rig.Figures.Calls == 0, "nobody watches any more");
    }

    [Theory]
    [InlineData("udp")]
    [InlineData("passive")]
    [InlineData("active")]
    public async Task A_download_brings_all_of_the_range_then_its_end_is_told(string way)
    {
        var clip = await Clip.MakeAsync(Codec.H264, Codec.Aac);
        await using var rig = new CascadeRig();
        using var feed = Record(rig, clip);
        await rig.StartAsync();
        using var call = await rig.CallAsync(way, CascadeRig.Stored(SessionPurpose.Download, speed: 16));
        Assert.Equal((200, 16), (call.Final.Status, call.Answer!.DownloadSpeed));
        var end = await rig.HeardAsync<MediaStatusNotify>();
        Assert.Equal((MediaStatusNotify.EndOfFile, CascadeRig.Channel), (end.NotifyType, end.DeviceId));
        await EndpointRig.Until(() => Arrived(rig, call) == clip.Pictures.Count() && call.Tap.Audio.Count == clip.Frames.Count(), "all pictures and sound");
        AssertSame(clip, call);
        Assert.Equal(0, rig.Ring.Leases);
        Assert.Equal(200, (await call.Dialog!.ByeAsync()).Status);
        await EndpointRig.Until(() => rig.Figures.Calls == 0, "it is over");
    }

    [Fact]
    public async Task A_playback_is_paused_goes_on_jumps_and_changes_its_pace()
    {
        var clip = await Clip.MakeAsync(Codec.H264, null);
        await using var rig = new CascadeRig();
        using var feed = Record(rig, clip);
        await rig.StartAsync();
        using var call = await rig.CallAsync("passive", CascadeRig.Stored(SessionPurpose.Playback));
        await InfoAsync(call, "PAUSE RTSP/1.0\r\nCSeq: 1\r\nPauseTime: now\r\n\r\n", 200);
        await InfoAsync(call, "PLAY RTSP/1.0\r\nCSeq: 2\r\nScale: -1.0\r\n\r\n", 501);
        await InfoAsync(call, "PLAY RTSP/1.0\r\nCSeq: 2\r\nScale: 0\r\n\r\n", 501);
        await InfoAsync(call, "PLAY RTSP/1.0\r\nCSeq: 2\r\nScale: 65\r\n\r\n", 501);
        await InfoAsync(call, "TURN RTSP/1.0\r\n\r\n", 400);
        Assert.True(Arrived(rig, call) < clip.Pictures.Count());
        await InfoAsync(call, "PLAY RTSP/1.0\r\nCSeq: 3\r\nRange: npt=2-\r\n\r\n", 200);
        await InfoAsync(call, "PLAY RTSP/1.0\r\nCSeq: 4\r\nScale: 32.0\r\n\r\n", 200);
        await rig.HeardAsync<MediaStatusNotify>();
        rig.Media.Advance(1);
        var second = clip.Pictures.Skip(50).Select(unit => Convert.ToHexString(PsMuxerTests.WithoutDelimiter(unit))).ToList();
        await EndpointRig.Until(() => { rig.Media.Advance(1); return call.Tap.Video.Count >= second.Count; }, "what follows the jump");
        var found = call.Tap.Video.Select(unit => Convert.ToHexString(unit.Bytes)).ToList();
        Assert.Equal(second, found[^second.Count..]);       // from the sync sample at two seconds to the end
        Assert.True(found.Count < 2 * clip.Pictures.Count());
        Assert.All(call.Tap.Video.Zip(call.Tap.Video.Skip(1)), pair => Assert.InRange(pair.Second.Pts - pair.First.Pts, 1, 90_000));
        await InfoAsync(call, "TEARDOWN RTSP/1.0\r\nCSeq: 5\r\n\r\n", 200);
        await rig.EndedAsync();
    }

    [Fact]
    public async Task A_range_without_footage_ends_at_once_and_gaps_are_not_waited_for()
    {
        var clip = await Clip.MakeAsync(Codec.H264, null);
        await using var rig = new CascadeRig();
        using var one = Record(rig, clip);
        using var later = new Feed(mediaEnd90k: one.Fragmenter.MediaEnd90k);
        later.Play(clip);
        rig.Ring.AddSegment(later.Fragments);
        for (var i = one.Fragments.Count; i < rig.Ring.Fragments.Count; i++)
            rig.Ring.Fragments[i] = rig.Ring.Fragments[i] with { FromUtcUs = rig.Ring.Fragments[i].FromUtcUs + CascadeRig.BeginUs + 1800_000_000, ToUtcUs = rig.Ring.Fragments[i].ToUtcUs + CascadeRig.BeginUs + 1800_000_000 };
        await rig.StartAsync();
        using var call = await rig.CallAsync("passive", CascadeRig.Stored(SessionPurpose.Download, seconds: 3600, speed: 16));
        await rig.HeardAsync<MediaStatusNotify>();
        await EndpointRig.Until(() => Arrived(rig, call) == 2 * clip.Pictures.Count(), "both sides of half an hour");
        var nothing = CascadeRig.Stored(SessionPurpose.Playback) with { From = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), To = DateTimeOffset.FromUnixTimeSeconds(1_700_000_060) };
        using var empty = await rig.CallAsync("passive", nothing, subject: "1");
        await rig.HeardAsync<MediaStatusNotify>();
    }

    [Fact]
    public async Task What_cannot_be_served_is_refused_with_the_reason_the_standard_has_for_it()
    {
        await using var rig = await new CascadeRig().StartAsync();
        (int Status, GbDescription? Wanted, string Channel)[] cases =
        [
            (404, null, "34020000001320000099"), (404, null, "34020000001310000007"),
            (488, new() { Formats = [PayloadFormat.H264] }, CascadeRig.Channel), (488, new() { Purpose = SessionPurpose.Talk }, CascadeRig.Channel),
            (488, new() { Purpose = SessionPurpose.Playback }, CascadeRig.Channel), (488, new() { IsAudio = true }, CascadeRig.Channel),
        ];
        foreach (var (status, wanted, channel) in cases)
        {
            using var call = await rig.CallAsync("udp", wanted, channel);
            Assert.Equal(status, call.Final.Status);
        }
        Assert.Equal(cases.Length, rig.Figures.Refused);
    }

    [Fact]
    public async Task Platforms_that_connect_for_media_find_it_in_the_range_of_ports_that_is_open()
    {
        var port = 20_000 + Environment.ProcessId % 5_000 * 2;
        while (!IsFree(port) || !IsFree(port + 2))
            port += 4;
        await using var rig = await new CascadeRig { Ports = new(port, port + 3) }.StartAsync();
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Any, port);
        taken.Start();                                      // a session with a device, or another program
        using var call = await rig.CallAsync("active");
        Assert.Equal(200, call.Final.Status);
        Assert.Equal(port + 2, call.Answer!.Port);
        using var second = await rig.CallAsync("active", subject: "another");
        Assert.Equal(500, second.Final.Status);
        await call.Dialog!.ByeAsync();
        await EndpointRig.Until(() => rig.Figures.Calls == 0, "its end");
        rig.Clock.Boottime += EdgeRecorder.Gb28181.Media.RtpPortRange.QuarantineUs;
        using var third = await rig.CallAsync("active", subject: "a third");
        Assert.Equal(200, third.Final.Status);
        Assert.Equal(port + 2, third.Answer!.Port);

        static bool IsFree(int port)
        {
            using var probe = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            try
            {
                probe.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Any, port));
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_call_with_the_same_subject_takes_the_place_of_the_one_before()
    {
        await using var rig = await new CascadeRig().StartAsync();
        using var first = await rig.CallAsync("udp");
        using var second = await rig.CallAsync("udp");
        Assert.Same(first.Dialog, (await rig.EndedAsync()).Dialog);
        await EndpointRig.Until(() => rig.Figures.Calls == 1, "one is left");
    }

    [Fact]
    public async Task A_channel_that_is_gone_ends_its_call()
    {
        await using var rig = await new CascadeRig().StartAsync();
        using var call = await rig.CallAsync("udp");
        Wait.Until(() => rig.Recorder.Viewer is not null);
        rig.Recorder.Viewer!.Ended();
        Assert.Same(call.Dialog, (await rig.EndedAsync()).Dialog);
    }

    [Fact]
    public async Task A_platform_that_does_not_read_loses_pictures_which_are_counted_and_nothing_waits_for_it()
    {
        var clip = await Clip.MakeAsync(Codec.H264, null);
        using var feed = new Feed();
        feed.Play(clip);
        await using var rig = await new CascadeRig().StartAsync();
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        using var call = await rig.CallAsync("passive", port: ((System.Net.IPEndPoint)listener.LocalEndpoint).Port);
        Wait.Until(() => rig.Recorder.Viewer is not null);
        var offered = 0;
        await EndpointRig.Until(() =>
        {
            rig.Recorder.Viewer!.Offer(feed.Fragments[offered++ % feed.Fragments.Count]);
            return rig.Figures.Dropped > 0;
        }, "pictures were dropped");
        Assert.True(rig.Figures.Packets * 1400 < 64L << 20);
    }

    private static readonly uint ReceptionRigSsrc = Gb28181.Media.ReceptionRig.Agreed;

    private static Feed Record(CascadeRig rig, Clip clip)
    {
        var feed = new Feed();
        feed.Play(clip);
        foreach (var segment in feed.Fragments.Chunk(2))
            rig.Ring.AddSegment(segment);
        rig.Ring.Redate(CascadeRig.BeginUs - rig.Ring.Fragments[0].FromUtcUs);
        return feed;
    }

    /// <summary>The last picture is delivered by the clock.</summary>
    private static int Arrived(CascadeRig rig, PlatformSide call)
    {
        if (call.Session.Packets == rig.Figures.Packets)
            rig.Media.Advance(1);
        return call.Tap.Video.Count;
    }

    private static void AssertSame(Clip clip, PlatformSide call)
    {
        Assert.Equal(clip.Pictures.Select(unit => Convert.ToHexString(PsMuxerTests.WithoutDelimiter(unit))), call.Tap.Video.Select(unit => Convert.ToHexString(unit.Bytes)));
        Assert.Equal(clip.Frames.Select(unit => Convert.ToHexString(unit.Bytes)), call.Tap.Audio.Select(unit => Convert.ToHexString(unit.Bytes)));
        Assert.Equal(0L, call.Session.LostPackets);
        Assert.All(call.Tap.Video.Zip(call.Tap.Video.Skip(1)), pair => Assert.InRange(pair.Second.Pts - pair.First.Pts, 3500, 3700));
    }

    private static async Task InfoAsync(PlatformSide call, string body, int status)
        => Assert.Equal(status, (await call.Dialog!.SendAsync("INFO", null, "Application/MANSRTSP", System.Text.Encoding.ASCII.GetBytes(body))).Status);
}
