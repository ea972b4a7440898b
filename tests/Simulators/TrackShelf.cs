namespace EdgeRecorder.Simulators;

/// <summary>The clips of a process: each is read once, however many channels play it.</summary>
internal sealed class TrackShelf<T> where T : class
{
    private readonly Dictionary<string, T> _tracks = [];

    /// <summary>The nth of the files, the last for all further ones; null where that is "none".</summary>
    public T? Nth(string[] files, int n, Func<string, T> load)
    {
        var path = files[Math.Min(n, files.Length - 1)];
        if (path == "none")
            return null;
        if (!_tracks.TryGetValue(path, out var track))
            _tracks[path] = track = load(path);
        return track;
    }
}
