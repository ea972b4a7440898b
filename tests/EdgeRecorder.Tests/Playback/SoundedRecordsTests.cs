using System.IO.Pipelines;
using System.Runtime.InteropServices;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Playback;
using EdgeRecorder.Sound;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Playback;

/// <summary>Media segments of a playlist with AAC in place of G.711: each made by itself, and they fit together.</summary>
public sealed class SoundedRecordsTests : IDisposable
{
    private readonly PlayedRing _played = new(new AacSound(NullLogger<AacSound>.Instance));

    public void Dispose() => _played.Dispose();

    [Theory]
    [InlineData(Codec.H264, Codec.G711A, 100, 0)]
    [InlineData(Codec.H265, Codec.G711U, 3, 30L * 24 * 3600 * 90_000)]      // many seams, and beyond what 32 bits of 90 kHz hold
    [InlineData(null, Codec.G711A, 100, 0)]
    public async Task A_range_sounds_through_without_a_click_at_any_border(Codec? video, Codec law, int perSegment, long mediaEnd90k)
    {
        using var feed = await FillAsync(video, law, perSegment, mediaEnd90k);
        var playlist = await _played.PlaylistAsync(0, long.MaxValue, TrackChoice.Browser);
        Assert.True(playlist.Entries.Count >= 2);
        var path = await _played.SaveAsync(playlist);
        if (video is not null)
            Assert.Equal(200, await Tool.FramesAsync(path, "v:0"));

        var heads = await ReadAsync(playlist.Entries.Select(entry => entry.Uri));
        var frames = heads.SelectMany(head => head.Tracks).Where(track => track.TrackId == 2).SelectMany(track => track.Samples).ToList();
        Assert.All(frames.Zip(frames.Skip(1)), pair => Assert.Equal(pair.First.Dts + 1024, pair.Second.Dts));
        // Pictures lie where they lay, and sound begins with them.
        if (video is not null)
            Assert.Equal(feed.Fragments.Select(f => MovieFragment.Parse(f.ToArray()).Tracks[0].DecodeTime), heads.Select(head => head.Tracks[0].DecodeTime));
        Assert.InRange(MediaTime.From(frames[0].Dts, 16_000) - feed.Fragments[0].MediaStart90k, 0, 6000);

        // A sine of one loudness, from the second frame to the last but two: 20 ms never differ from the others.
        var heard = MemoryMarshal.Cast<byte, short>(await Tool.RunAsync("ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-f", "s16le", "-")).ToArray();
        Assert.InRange(heard.Length / 16_000.0, 7.8, 8.1);
        var loudness = heard.Skip(2048).SkipLast(4096).Chunk(320).Where(part => part.Length == 320).Select(part => Math.Sqrt(part.Average(sample => (double)sample * sample))).ToList();
        var median = loudness.Order().ElementAt(loudness.Count / 2);
        Assert.All(loudness, one => Assert.InRange(one / median, 0.8, 1.2));
    }

    [Fact]
    public async Task A_piece_from_anywhere_is_a_piece_of_the_whole()
    {
        using var feed = await FillAsync(Codec.H264, Codec.G711A, 100, 0);
        var uri = (await _played.PlaylistAsync(0, long.MaxValue, TrackChoice.Browser)).Entries[0].Uri;
        var whole = await _played.BytesAsync(uri);
        using var download = Assert.IsType<RecordsAnswer.Media>(_played.Open(uri)).Download;
        Assert.Equal(whole.Length, download.Length);
        var random = new Random(7);
        for (var i = 0; i < 40; i++)
        {
            var offset = random.Next(whole.Length);
            var count = random.Next(whole.Length - offset + 1);
            using var target = new MemoryStream();
            var pipe = PipeWriter.Create(target, new StreamPipeWriterOptions(leaveOpen: true));
            await download.CopyAsync(pipe, offset, count, default);
            await pipe.CompleteAsync();
            Assert.True(target.ToArray().AsSpan().SequenceEqual(whole.AsSpan(offset, count)), $"{count} bytes from {offset}");
        }
    }

    [Fact]
    public async Task What_is_recycled_while_its_sound_is_read_is_gone_and_not_half_sent()
    {
        using var feed = await FillAsync(Codec.H264, Codec.G711A, 100, 0);
        var playlist = await _played.PlaylistAsync(0, long.MaxValue, TrackChoice.Browser);
        _played.Ring.RecycledFromRead = _played.Ring.Reads + 3;
        Assert.IsType<RecordsAnswer.Overwritten>(_played.Open(playlist.Entries[1].Uri));
    }

    private async Task<List<MovieFragment>> ReadAsync(IEnumerable<string> uris)
    {
        var found = new List<MovieFragment>();
        foreach (var uri in uris)
        {
            var bytes = await _played.BytesAsync(uri);
            var at = 0;
            while (at < bytes.Length)
            {
                var length = MovieFragment.HeadLength(bytes.AsSpan(at));
                found.Add(MovieFragment.Parse(bytes.AsSpan(at)));
                at += length + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + length));
            }
        }
        return found;
    }

    private async Task<Feed> FillAsync(Codec? video, Codec audio, int perSegment, long mediaEnd90k)
    {
        var feed = new Feed(mediaEnd90k: mediaEnd90k);
        feed.Play(await Clip.MakeAsync(video, audio, seconds: 8));
        foreach (var segment in feed.Fragments.Chunk(perSegment))
            _played.Ring.AddSegment(segment);
        return feed;
    }
}
