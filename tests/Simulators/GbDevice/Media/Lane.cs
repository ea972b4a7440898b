using System.Security.Cryptography;

namespace EdgeRecorder.Simulators.GbDevice.Media;

/// <summary>A unit that went out.</summary>
/// <param name="Pts90k">As the stream said, before it wraps.</param>
/// <param name="Bytes">Of its NAL units, or of the audio frame.</param>
/// <param name="Digest">First 8 bytes of their SHA-256, in hex.</param>
internal readonly record struct SentUnit(long Pts90k, int Bytes, bool IsSync, bool IsDamaged, string Digest);

/// <summary>One track of a call: where it stands in the clip, and what of it went out.</summary>
/// <param name="alternate">What it changes to at a sync sample, and back, when told to; null where there is no other.</param>
internal sealed class Lane(MediaTrack usual, MediaTrack? alternate, bool hashes, int remembered)
{
    private readonly MediaTrack _usual = usual;
    private readonly IncrementalHash? _hash = hashes ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    private readonly List<SentUnit> _sent = [];
    private long _skew;

    /// <summary>What is sent now; the alternate runs at the same rate.</summary>
    public MediaTrack Track { get; private set; } = usual;

    /// <summary>Units since media time 0.</summary>
    public long Position { get; private set; }

    /// <summary>The first position that is not sent.</summary>
    public long End { get; set; } = long.MaxValue;

    public bool IsAtEnd => Position >= End;
    public double Seconds => Track.SecondsOf(Position);
    public MediaUnit Unit => Track.Units[Index];
    public int Index => (int)((Position + _skew) % Track.Units.Length);
    public long UnitsSent { get; private set; }
    public long SyncsSent { get; private set; }
    public long UnitsDamaged { get; private set; }
    public long Bytes { get; private set; }
    public IReadOnlyList<SentUnit> Sent => _sent;
    public string? Hash => _hash is null ? null : Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Goes to a place, for video to the sync sample at or before it.</summary>
    public void Seek(double seconds)
    {
        _skew = 0;
        Position = Track.UnitAt(seconds);
        while (Position > 0 && !Unit.IsSync)
            Position--;
    }

    /// <summary>The next picture is a sync sample, whatever the clip has there.</summary>
    public void ForceSync()
    {
        while (!Unit.IsSync)
            _skew++;
    }

    /// <summary>Changes clips if it is to and can.</summary>
    public void Choose(bool wantsAlternate)
    {
        var wanted = wantsAlternate && alternate is not null ? alternate : _usual;
        if (wanted == Track || !Unit.IsSync)
            return;
        Track = wanted;
        ForceSync();
    }

    public void Step() => Position++;

    public void Account(MediaUnit unit, long pts, bool isDamaged)
    {
        UnitsSent++;
        SyncsSent += unit.IsSync ? 1 : 0;
        UnitsDamaged += isDamaged ? 1 : 0;
        Bytes += unit.Bytes;
        if (_hash is not null)
            foreach (var part in unit.Kept)
                _hash.AppendData(Track.File.AsSpan(part));
        if (_sent.Count < remembered)
            _sent.Add(new SentUnit(pts, unit.Bytes, unit.IsSync, isDamaged, unit.Digest));
    }
}
