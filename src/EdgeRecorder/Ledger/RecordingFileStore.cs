using EdgeRecorder.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>A file that follows the ring for a recording. Times are Unix microseconds.</summary>
/// <param name="Id">uuid, lower case.</param>
/// <param name="Path">Below storage.root.</param>
/// <param name="Container">mp4, ts.</param>
internal sealed record RecordingFileRow(string Id, string RecordingId, StreamKey Stream, int Sequence, long FromUtcUs, long ToUtcUs, string Path, long Bytes, string Container, bool Finished);

/// <summary>Named files. Written by whoever writes them; read by everybody who lists footage. A row goes before its file does.</summary>
internal sealed class RecordingFileStore(LedgerDatabase ledger)
{
    private const string Select = "SELECT file_id, recording_id, channel_number, stream, sequence, from_utc_us, to_utc_us, path, bytes, container, finished FROM recording_files ";

    /// <summary>A file that begins, or one that is there already.</summary>
    public void Add(RecordingFileRow row) => ledger.Write(c =>
    {
        c.Run("INSERT INTO recording_files (file_id, recording_id, channel_number, stream, sequence, from_utc_us, to_utc_us, path, bytes, container, finished) "
            + "VALUES ($id, $rec, $c, $s, $seq, $from, $to, $path, $bytes, $container, $finished)", Parameters(row));
    });

    /// <summary>How far it is, or that it is closed: its end, size and last name.</summary>
    public void Update(params IReadOnlyCollection<RecordingFileRow> rows) => ledger.Write(c =>
    {
        foreach (var row in rows)
            c.Run("UPDATE recording_files SET recording_id=$rec, channel_number=$c, stream=$s, sequence=$seq, from_utc_us=$from, to_utc_us=$to, path=$path, bytes=$bytes, container=$container, finished=$finished "
                + "WHERE file_id=$id", Parameters(row));
    });

    public void Finish(RecordingFileRow row) => Update(row with { Finished = true });

    /// <summary>False when there is none.</summary>
    public bool Remove(string id) => ledger.Write(c => c.Run("DELETE FROM recording_files WHERE file_id=$id", ("$id", id)) > 0);

    public RecordingFileRow? Find(string id) => ledger.Read(c => c.List(Select + "WHERE file_id=$id", Read, ("$id", id))) is [var row] ? row : null;

    /// <summary>What overlaps [from, to), of one channel or of all (null), in order of channel, stream and beginning.</summary>
    public IReadOnlyList<RecordingFileRow> ListOverlapping(int? channel, long fromUtcUs, long toUtcUs, int most) => ledger.Read(c => c.List(
        Select + "WHERE ($c IS NULL OR channel_number=$c) AND from_utc_us<$to AND to_utc_us>=$from ORDER BY channel_number, stream, from_utc_us, file_id LIMIT $most", Read,
        ("$c", channel), ("$from", fromUtcUs), ("$to", toUtcUs), ("$most", most)));

    /// <summary>In order of sequence.</summary>
    public IReadOnlyList<RecordingFileRow> Of(string recordingId) => ledger.Read(c => c.List(Select + "WHERE recording_id=$rec ORDER BY sequence, file_id", Read, ("$rec", recordingId)));

    /// <summary>Left open: being written, or by an end that nobody saw.</summary>
    public IReadOnlyList<RecordingFileRow> Unfinished() => ledger.Read(c => c.List(Select + "WHERE finished=0 ORDER BY from_utc_us, file_id", Read));

    /// <summary>Finished ones, oldest first: the order in which they go.</summary>
    public IReadOnlyList<RecordingFileRow> Oldest(int most) => ledger.Read(c => c.List(Select + "WHERE finished=1 ORDER BY from_utc_us, file_id LIMIT $most", Read, ("$most", most)));

    /// <summary>Bytes of all together.</summary>
    public long TotalBytes() => ledger.Read(c => c.List("SELECT coalesce(sum(bytes), 0) FROM recording_files", r => r.GetInt64(0)))[0];

    private static (string, object?)[] Parameters(RecordingFileRow row) =>
    [
        ("$id", row.Id), ("$rec", row.RecordingId), ("$c", row.Stream.ChannelNumber), ("$s", row.Stream.Stream), ("$seq", row.Sequence), ("$from", row.FromUtcUs), ("$to", row.ToUtcUs),
        ("$path", row.Path), ("$bytes", row.Bytes), ("$container", row.Container), ("$finished", row.Finished),
    ];

    private static RecordingFileRow Read(SqliteDataReader r) => new(
        r.GetString(0), r.GetString(1), new(r.GetInt32(2), r.GetByte(3)), r.GetInt32(4), r.GetInt64(5), r.GetInt64(6), r.GetString(7), r.GetInt64(8), r.GetString(9), r.GetBoolean(10));
}
