using System.Text.Json;
using EdgeRecorder.Storage;

namespace EdgeRecorder.PowerCut;

/// <summary>A lock the API confirmed: milliseconds of Unix time.</summary>
internal sealed record LockedRange(StreamKey Stream, long FromMs, long ToMs);

/// <summary>What the recorder's API had answered before a cut: that has to be true behind it.</summary>
internal sealed class Acknowledged
{
    private readonly HashSet<string> _askedToRelease = [];

    /// <param name="cut">Entries of the log that happened.</param>
    public Acknowledged(Trail trail, int cut)
    {
        foreach (var mark in trail.Marks.TakeWhile(m => m.Entry < cut))
            Take(mark);
        foreach (var id in _askedToRelease)
            Locks.Remove(id);
    }

    /// <summary>It had said that it was ready.</summary>
    public bool IsReady { get; private set; }

    /// <summary>It had been told to stop: how it stopped is between then and its end.</summary>
    public bool IsStopping { get; private set; }

    public string? Password { get; private set; }

    /// <summary>Numbers of channels by id.</summary>
    public Dictionary<string, int> Channels { get; } = [];

    /// <summary>End of what the timeline showed of a channel, milliseconds of Unix time.</summary>
    public Dictionary<int, long> RecordedToMs { get; } = [];

    /// <summary>Those that nobody asked to release.</summary>
    public Dictionary<string, LockedRange> Locks { get; } = [];

    public HashSet<string> Released { get; } = [];

    /// <summary>Recordings, and whether their stop was confirmed.</summary>
    public Dictionary<string, bool> Recordings { get; } = [];

    private void Take(Mark mark)
    {
        switch (mark.Kind)
        {
            case "ready":
                (IsReady, Password) = (true, mark.Text);
                break;
            case "stopping":
                IsStopping = true;
                break;
            case "channels":
                foreach (var channel in Json(mark.Text).EnumerateArray())
                    Channels[Text(channel, "id")] = channel.GetProperty("number").GetInt32();
                break;
            case "timeline":
                var lines = mark.Text.Split('\n');
                for (var i = 0; i + 1 < lines.Length; i += 2)
                    foreach (var span in Json(lines[i + 1]).GetProperty("spans").EnumerateArray())
                        RecordedToMs[Channels[lines[i]]] = Math.Max(RecordedToMs.GetValueOrDefault(Channels[lines[i]]), Ms(span, "to"));
                break;
            case "lock":
                var held = Json(mark.Text);
                Locks[Text(held, "id")] = new(new StreamKey(Channels[Text(held, "channel")], 0), Ms(held, "from"), Ms(held, "to"));
                break;
            case "releasing":
                _askedToRelease.Add(mark.Text);
                break;
            case "released":
                Released.Add(mark.Text);
                break;
            case "recording":
                Recordings[Text(Json(mark.Text), "id")] = false;
                break;
            case "stopped":
                Recordings[mark.Text] = true;
                break;
        }
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static long Ms(JsonElement element, string name) => element.GetProperty(name).GetDateTimeOffset().ToUnixTimeMilliseconds();
}
