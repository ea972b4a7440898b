using System.Security.Cryptography;
using EdgeRecorder.Bytes;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

internal enum AuditedState { Unused, Empty, Retired, Open, Sealed, Unreadable }

/// <summary>
/// Reads everything a segment claims and compares it: header, chain of boxes, every record's CRC, digest and hash, seal and signature.
/// What a power cut or a running recorder leaves is no finding: records behind the last link, a header whose generation was never begun.
/// </summary>
internal sealed class SegmentAudit(ISegmentFile file, long fileLength, Guid volume, int number, ECDsa? key)
{
    private readonly List<FragmentEntry> _records = [];
    private readonly byte[] _boxes = new byte[RecordHeader.Length];
    private byte[] _record = [];

    public List<string> Findings { get; } = [];
    public AuditedState State { get; private set; } = AuditedState.Unreadable;
    public SegmentHeader? Header { get; private set; }
    public Seal? Seal { get; private set; }
    public byte[] LastHash { get; private set; } = [];
    public long NextSequence { get; private set; }
    public bool IsSigned { get; private set; }

    /// <summary>Records that players see, and their bytes.</summary>
    public int Records => _records.Count;
    public long RecordBytes => _records.Sum(r => (long)r.RecordLength);

    public void Run(bool neverUsed)
    {
        try
        {
            Header = SegmentScan.ReadHeader(file, fileLength);
        }
        catch (ProtocolException e)
        {
            State = neverUsed ? AuditedState.Unused : AuditedState.Unreadable;
            if (!neverUsed)
                Findings.Add($"header: {e.Message}");
            return;
        }
        if (Header.Volume != volume || Header.Segment != number)
        {
            Findings.Add($"header: belongs to segment {Header.Segment} of volume {Header.Volume}");
            return;
        }
        Seal = SegmentScan.ReadSeal(file, Header);
        var mark = RetiredGeneration();
        if (mark > Header.Generation)
            Findings.Add($"mark of retirement: of generation {mark}, the header has {Header.Generation}");
        State = mark == Header.Generation ? AuditedState.Retired : Seal is not null ? AuditedState.Sealed : AuditedState.Open;
        WalkChain();
        if (Seal is not null)
            CompareSeal(Seal);
        if (State == AuditedState.Open && _records.Count == 0)
            State = AuditedState.Empty;
    }

    private long RetiredGeneration()
    {
        var page = new byte[64];
        return file.Read(page, fileLength - Geometry.Page) == page.Length ? RetiredMark.GenerationOf(page, volume) : 0;
    }

    private void WalkChain()
    {
        var hash = Header!.Hash;
        for (long at = Header.Length; at < fileLength;)
        {
            if (file.Read(_boxes, at) < Math.Min(_boxes.Length, fileLength - at) || fileLength - at < 8)
            {
                Findings.Add($"box at {at}: the file ends");
                break;
            }
            var (size, type) = BoxType.Read(_boxes);
            if (size < 8 || size > fileLength - at)
            {
                Findings.Add($"box at {at}: {size} bytes, {fileLength - at} are left");
                break;
            }
            var atSeal = at == Header.Geometry.SealOffset;
            if (type == BoxType.Free && !atSeal)
                at += size;
            else if (atSeal && type == BoxType.Uuid && size == Header.Geometry.SealLength)
            {
                if (Seal is null)
                    Findings.Add($"seal at {at}: damaged");
                at += size;
            }
            else if (ReadRecord(at, ref hash) is > 0 and var length)
                at += length;
            else
                break;                                      // where the next one begins is not known
        }
        LastHash = hash;
    }

    /// <summary>Checks the record at a place; returns its length, or 0 when none begins there.</summary>
    private int ReadRecord(long at, ref byte[] hash)
    {
        RecordHeader record;
        try
        {
            record = RecordHeader.Parse(_boxes);
        }
        catch (ProtocolException e)
        {
            Findings.Add($"box at {at}: {e.Message}");
            return 0;
        }
        var what = $"record {record.Sequence} at {at}";
        if (record.RecordLength > Header!.Geometry.SealOffset - at)
        {
            Findings.Add($"{what}: {record.RecordLength} bytes reach beyond the records");
            return 0;
        }
        if (record.Volume != volume || record.Stream != Header.Stream || !Header.IsPool && record.Generation != Header.Generation)
            Findings.Add($"{what}: belongs to channel {record.Stream.ChannelNumber} stream {record.Stream.Stream} generation {record.Generation} of volume {record.Volume}");
        if (_record.Length < record.RecordLength)
            _record = new byte[record.RecordLength * 2];
        var bytes = _record.AsSpan(0, record.RecordLength);
        if (file.Read(bytes, at) != bytes.Length || !RecordHeader.CrcFits(bytes))
            Findings.Add($"{what}: CRC does not match");
        var (moofLength, moof) = BoxType.Read(bytes[RecordHeader.Length..]);
        if (moof != BoxType.Moof || moofLength > bytes.Length - RecordHeader.Length - 8
            || BoxType.Read(bytes[(RecordHeader.Length + (int)moofLength)..]) is var (mdatLength, mdat) && (mdat != BoxType.Mdat || RecordHeader.Length + moofLength + mdatLength != bytes.Length))
            Findings.Add($"{what}: is not uuid moof mdat");
        var chain = bytes.Slice(RecordHeader.ChainOffset, RecordHeader.ChainLength);
        var digest = default(Digest);
        if ((record.Flags & RecordFlags.Chained) != 0)
        {
            var d = Chain.Digest(bytes);
            digest = Digest.From(d);
            if (!Header.IsPool && !chain.SequenceEqual(hash = Chain.Next(hash, d)))
            {
                Findings.Add($"{what}: hash does not follow from the records before it");
                hash = chain.ToArray();                     // the ones behind are judged by what this one says
            }
        }
        else if (!Header.IsPool && chain.IndexOfAnyExcept((byte)0) >= 0)
            Findings.Add($"{what}: has a hash and says it has none");
        _records.Add(new FragmentEntry
        {
            Offset = (int)at, RecordLength = record.RecordLength, MediaStart90k = record.MediaStart90k, Duration90k = record.Duration90k, Flags = record.Flags,
            BoottimeUs = record.BoottimeUs, Digest = digest,
        });
        NextSequence = record.Sequence + 1;
        return record.RecordLength;
    }

    private void CompareSeal(Seal seal)
    {
        if (seal.Records.Count != _records.Count)
            Findings.Add($"seal: lists {seal.Records.Count} records, {_records.Count} are in the chain");
        for (var i = 0; i < Math.Min(seal.Records.Count, _records.Count); i++)
        {
            var (listed, found) = (seal.Records[i], _records[i]);
            ReadOnlySpan<byte> listedDigest = listed.Digest, foundDigest = found.Digest;
            if (listed.Offset != found.Offset || listed.RecordLength != found.RecordLength || listed.MediaStart90k != found.MediaStart90k
                || listed.Duration90k != found.Duration90k || listed.Flags != found.Flags || listed.BoottimeUs != found.BoottimeUs)
                Findings.Add($"seal: record {i + 1} of its table is not the one at {found.Offset}");
            else if (listedDigest.IndexOfAnyExcept((byte)0) >= 0 && !listedDigest.SequenceEqual(foundDigest))
                Findings.Add($"seal: digest of record {i + 1} at {found.Offset} does not match");
        }
        if (!Header!.IsPool && _records.Count == seal.Records.Count && !seal.LastHash.AsSpan().SequenceEqual(LastHash))
            Findings.Add("seal: last hash is not the one of the chain");
        IsSigned = seal.Signature.Length > 0;
        if (IsSigned && key is not null && !key.VerifyData(seal.Signed, seal.Signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))
            Findings.Add("seal: the signature is not this box's");
    }
}
