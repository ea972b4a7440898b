using EdgeRecorder.Live;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Live;

/// <summary>The fan-out of one stream, with fragments made up for the case.</summary>
public sealed class LiveStreamTests
{
    [Fact]
    public void A_viewer_begins_with_the_newest_sync_fragment_and_gets_every_one_behind_it()
    {
        using var feed = new LiveFeed();
        var stream = new LiveStream(new FakeEngine());
        feed.Send(110, gop: 50, to: stream);
        using var viewer = new KeepingViewer();
        stream.Join(viewer, TrackChoice.Browser, 0);
        Assert.Equal(50 * 3600, viewer.Packets[0].MediaStart90k);
        feed.Send(100, gop: 50, to: stream);
        stream.Leave(viewer);
        feed.Send(50, gop: 50, to: stream);
        Assert.True(viewer.Packets[0].IsSync);
        for (var i = 1; i < viewer.Packets.Count; i++)
            Assert.Equal(viewer.Packets[i - 1].MediaEnd90k, viewer.Packets[i].MediaStart90k);
        Assert.Equal(200 * 3600, viewer.Packets[^1].MediaEnd90k);
        stream.Close();
    }

    [Fact]
    public void Packets_are_made_once_for_all_viewers_of_a_choice()
    {
        using var feed = new LiveFeed(LiveFeed.Video, LiveFeed.Law);
        var stream = new LiveStream(new FakeEngine());
        feed.Send(60, to: stream);
        using var one = new KeepingViewer();
        using var other = new KeepingViewer();
        using var all = new KeepingViewer();
        stream.Join(one, TrackChoice.Browser, 0);
        stream.Join(other, TrackChoice.Browser, 0);
        stream.Join(all, TrackChoice.All, 0);
        feed.Send(60, to: stream);
        Assert.True(one.Packets.Count > 3);
        Assert.Equal(one.Packets, other.Packets);
        Assert.NotSame(one.Packets[0], all.Packets[0]);
        Assert.Equal("video/mp4; codecs=\"avc3.42001E\"", one.Packets[0].Format.Selection.Mime);
        Assert.Equal("video/mp4; codecs=\"avc3.42001E, alaw\"", all.Packets[0].Format.Selection.Mime);
        stream.Close();
    }

    [Fact]
    public async Task A_packet_is_a_reference_time_and_a_fragment_and_the_stream_of_them_decodes()
    {
        using var directory = new TemporaryDirectory();
        var clip = await Clip.MakeAsync(Codec.H264, Codec.G711A, bFrames: 2);
        using var feed = new Feed();
        feed.Play(clip);
        var engine = new FakeEngine();
        var stream = new LiveStream(engine);
        using var viewer = new KeepingViewer();
        stream.Join(viewer, TrackChoice.Browser, 0);
        foreach (var fragment in feed.Fragments)
            ((IFragmentViewer)stream).Offer(fragment);

        Assert.Equal(feed.Fragments.Count, viewer.Packets.Count);
        foreach (var (packet, fragment) in viewer.Packets.Zip(feed.Fragments))
        {
            var bytes = packet.ToArray();
            Assert.Equal(packet.Length, bytes.Length);
            var (utcUs, mediaTime) = KeepingViewer.ReferenceTime(bytes);
            Assert.Equal(fragment.MediaStart90k, mediaTime);
            Assert.InRange(utcUs - engine.ToUtcUs(fragment.BoottimeUs), -1, 1);
            Assert.Equal(MovieFragment.Parse(fragment.ToArray()).Tracks[0].Samples, Assert.Single(MovieFragment.Parse(bytes.AsSpan(LivePacket.ReferenceTimeLength)).Tracks).Samples);
        }
        var file = directory.File("live.mp4");
        await File.WriteAllBytesAsync(file, [.. viewer.Packets[0].Format.Selection.Init.Bytes, .. viewer.Packets.SelectMany(packet => packet.ToArray())]);
        await Tool.DecodesAsync(file);
        await Tool.DecodesInGStreamerAsync(file, video: true, audio: false);
        Assert.Equal(clip.Pictures.Count(), await Tool.FramesAsync(file, "v:0"));
        stream.Close();
    }

    [Fact]
    public void History_begins_as_far_back_as_asked_at_a_sync_fragment()
    {
        using var feed = new LiveFeed();
        var stream = new LiveStream(new FakeEngine());
        using var first = new KeepingViewer();
        stream.Keep(4_000_000);
        stream.Join(first, TrackChoice.Browser, 4_000_000);
        feed.Send(300, to: stream);
        using var late = new KeepingViewer();
        stream.Join(late, TrackChoice.Browser, 4_000_000);
        Assert.True(late.Packets[0].IsSync);
        Assert.InRange(late.Packets[^1].MediaStart90k - late.Packets[0].MediaStart90k, 4 * 90_000, 6 * 90_000);
        using var newest = new KeepingViewer();
        stream.Join(newest, TrackChoice.Browser, 0);
        Assert.InRange(newest.Packets.Count, 1, 2);
        stream.Close();
    }

    [Fact]
    public void A_sync_fragment_that_comes_while_history_is_read_back_does_not_drop_it()
    {
        using var feed = new LiveFeed();
        feed.Send(200, gop: 50);
        var stream = new LiveStream(new FakeEngine());
        var (older, newer) = (feed.Fragments.TakeWhile(f => f.MediaStart90k < 100 * 3600).ToList(), feed.Fragments.SkipWhile(f => f.MediaStart90k < 100 * 3600).ToList());
        ((IFragmentViewer)stream).Offer(newer[0]);
        stream.Keep(8_000_000);
        Assert.Equal((100L * 3600, newer[0].BoottimeUs, true), stream.Oldest(8_000_000));
        older.ForEach(fragment => fragment.AddReference());
        stream.Prepend(older);
        newer.Skip(1).ToList().ForEach(((IFragmentViewer)stream).Offer);    // a sync fragment among them, before the viewer has joined
        using var viewer = new KeepingViewer();
        stream.Join(viewer, TrackChoice.Browser, 8_000_000);
        Assert.Equal(feed.Fragments.Select(f => f.MediaStart90k), viewer.Packets.Select(p => p.MediaStart90k));
        stream.Close();
    }

    [Fact]
    public void New_parameter_sets_play_on_and_another_format_or_a_jump_of_media_time_begins_anew()
    {
        using var feed = new LiveFeed();
        var stream = new LiveStream(new FakeEngine());
        using var viewer = new KeepingViewer();
        stream.Join(viewer, TrackChoice.Browser, 0);
        feed.Send(50, to: stream);
        var larger = LiveFeed.Video with { Width = 640, ParameterSets = [[0x67, 100, 0, 40, 0xAB], [0x68, 0xCE]] };
        feed.Send(50, video: larger, to: stream);
        using var late = new KeepingViewer();
        stream.Join(late, TrackChoice.Browser, 0);
        Assert.All(viewer.Packets, packet => Assert.Equal(1, packet.Format.Generation));
        Assert.Equal("video/mp4; codecs=\"avc3.640028\"", late.Packets[0].Format.Selection.Mime);
        Assert.Equal(1, late.Packets[0].Format.Generation);

        feed.RestartAt(90_000_000);
        feed.Send(50, video: larger, to: stream);
        Assert.Equal(2, viewer.Packets[^1].Format.Generation);
        var other = new Track { Codec = Codec.H265, TimeScale = 90_000 };
        feed.Announce(other);
        feed.Send(60, video: other, to: stream);
        Assert.Equal([1, 2, 3], viewer.Packets.Select(packet => packet.Format.Generation).Distinct());
        Assert.Equal("video/mp4; codecs=\"hev1.1.6.L93.B0\"", viewer.Packets[^1].Format.Selection.Mime);
        stream.Close();
    }

    [Fact]
    public void A_stream_without_a_track_that_was_asked_for_says_so()
    {
        using var feed = new LiveFeed(LiveFeed.Law);
        var stream = new LiveStream(new FakeEngine());
        using var viewer = new KeepingViewer();
        stream.Join(viewer, TrackChoice.Browser, 0);
        ((IFragmentViewer)stream).Changed(ChannelState.Live, "");
        var packets = new Feed();
        packets.Announce(LiveFeed.Law);
        for (var i = 0; i < 100; i++)
            packets.Add(new Clip.Unit(LiveFeed.Law, i * 160, true, new byte[160], i * 20_000));
        foreach (var fragment in packets.Fragments)
            ((IFragmentViewer)stream).Offer(fragment);
        Assert.Empty(viewer.Packets);
        Assert.Equal(["Idle", "Live", "Live the stream has no track that was asked for"], viewer.Said);
        stream.Close();
        packets.Dispose();
    }

    [Fact]
    public void The_end_reaches_every_viewer_and_nothing_is_held_behind_it()
    {
        using var feed = new LiveFeed();
        var stream = new LiveStream(new FakeEngine());
        using var viewer = new KeepingViewer();
        stream.Join(viewer, TrackChoice.Browser, 0);
        feed.Send(60, to: stream);
        ((IFragmentViewer)stream).Ended();
        feed.Send(60, to: stream);
        using var late = new KeepingViewer();
        stream.Join(late, TrackChoice.Browser, 0);
        Assert.Equal("ended ChannelRemoved", viewer.Said[^1]);
        Assert.Equal(["ended ChannelRemoved"], late.Said);
        Assert.True(stream.IsEnded);
    }
}
