using System.IO.Pipelines;
using System.Text;
using EdgeRecorder.Mp4;
using EdgeRecorder.Playback;
using EdgeRecorder.Sound;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Hls;
using EdgeRecorder.Tests.Storage;

namespace EdgeRecorder.Tests.Playback;

/// <summary>A ring in memory behind <see cref="PlaybackSource"/>, and a folder into which playlists and what they name are put for players.</summary>
internal sealed class PlayedRing : IDisposable
{
    public static readonly StreamKey Key = new(1, 0);

    private readonly TemporaryDirectory _directory = new();

    public PlayedRing(AacSound? sound = null)
    {
        Clock = new TestClock { Utc = 3600_000_000L * 24 * 365 * 10 };
        Source = new PlaybackSource(Ring, Clock, sound);
    }

    public FakeRing Ring { get; } = new();
    public TestClock Clock { get; }
    public PlaybackSource Source { get; }

    public async Task<PlaylistText> PlaylistAsync(long fromUs, long toUs, TrackChoice tracks = TrackChoice.All)
        => PlaylistRules.Obeys(await TextAsync(Assert.IsType<PlaylistAnswer.Found>(await Source.OpenAsync(Key, fromUs, toUs, tracks)).Playlist, tracks));

    public static async Task<string> TextAsync(PlaybackPlaylist playlist, TrackChoice tracks)
    {
        using var target = new MemoryStream();
        var pipe = PipeWriter.Create(target);
        await playlist.WriteAsync(pipe, tracks, default);
        return Encoding.UTF8.GetString(target.ToArray());
    }

    public RecordsAnswer Open(string uri)
    {
        Assert.StartsWith("ring/", uri, StringComparison.Ordinal);
        Assert.True(RingName.TryRead(uri["ring/".Length..], out var name), uri);
        return Source.Open(Key.ChannelNumber, name.Value);
    }

    public async Task<byte[]> BytesAsync(string uri)
    {
        switch (Open(uri))
        {
            case RecordsAnswer.Init init:
                return init.Bytes;
            case RecordsAnswer.Media media:
                using (media.Download)
                {
                    using var target = new MemoryStream();
                    var pipe = PipeWriter.Create(target, new StreamPipeWriterOptions(leaveOpen: true));
                    await media.Download.CopyAsync(pipe, 0, media.Download.Length, default);
                    await pipe.CompleteAsync();
                    Assert.Equal(media.Download.Length, target.Length);
                    return target.ToArray();
                }
            case var other:
                throw new InvalidOperationException($"{uri}: {other}");
        }
    }

    /// <summary>The playlist as a file, with everything it names beside it.</summary>
    public async Task<string> SaveAsync(PlaylistText playlist)
    {
        Directory.CreateDirectory(_directory.File("ring"));
        foreach (var uri in playlist.Entries.SelectMany(e => new[] { e.Map!, e.Uri }).Distinct())
            await File.WriteAllBytesAsync(_directory.File(uri), await BytesAsync(uri));
        var path = _directory.File("playback.m3u8");
        await File.WriteAllTextAsync(path, playlist.Text);
        return path;
    }

    public void Dispose()
    {
        Assert.Equal(0, Ring.Leases);
        Source.Dispose();
        _directory.Dispose();
    }
}
