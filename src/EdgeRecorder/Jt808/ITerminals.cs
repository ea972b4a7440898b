using System.Net;
using EdgeRecorder.Jt1078;

namespace EdgeRecorder.Jt808;

/// <summary>The terminals that are connected and have authenticated, approved or not.</summary>
internal interface ITerminals
{
    ITerminal? Find(SimNumber sim);

    IReadOnlyList<ITerminal> All { get; }
}

/// <summary>One authenticated connection of a terminal. When it ends, every call that waits throws <see cref="TerminalGoneException"/>.</summary>
internal interface ITerminal
{
    SimNumber Sim { get; }

    IPEndPoint Remote { get; }

    /// <summary>Where the terminal reached us: the address it can send media to.</summary>
    IPAddress LocalAddress { get; }

    HeaderLayout Layout { get; }

    /// <summary>
    /// Sends and waits for the answer 0x0001 (for 0x9201 also 0x1205). What is <see cref="PlatformMessage.IsRepeatable"/> is sent again after 6 and 18 s and given up after
    /// 54 s (the standard's T × (n + 1)); everything else is sent once and given up after 18 s.
    /// </summary>
    /// <exception cref="TerminalGoneException">The connection ended, or takes nothing more.</exception>
    /// <exception cref="TimeoutException">No answer.</exception>
    Task<GeneralResult> CommandAsync(PlatformMessage message, CancellationToken stop);

    /// <summary>Sends what needs no answer (0x9105). False when the connection is gone or takes nothing more.</summary>
    bool Tell(PlatformMessage message);

    /// <summary>Ends the connection: the owner refused or forgot the terminal. When it comes again, enrolment decides.</summary>
    void Dismiss();

    /// <summary>0x9003, answered by 0x1003.</summary>
    /// <exception cref="TerminalGoneException">As <see cref="CommandAsync"/>.</exception>
    /// <exception cref="TerminalRefusedException">The terminal answered that it cannot.</exception>
    /// <exception cref="TimeoutException">No answer.</exception>
    Task<AvAttributes> QueryAttributesAsync(CancellationToken stop);

    /// <summary>0x9205, answered by 0x1205, which may come in hundreds of packages: waits for 60 s after each of them.</summary>
    /// <exception cref="TerminalGoneException">As <see cref="CommandAsync"/>.</exception>
    /// <exception cref="TerminalRefusedException">The terminal answered that it cannot.</exception>
    /// <exception cref="TimeoutException">No answer.</exception>
    Task<IReadOnlyList<StoredResource>> QueryFootageAsync(T9205FootageQuery query, CancellationToken stop);

    /// <summary>0x8104, answered by 0x0104.</summary>
    /// <exception cref="TerminalGoneException">As <see cref="CommandAsync"/>.</exception>
    /// <exception cref="TerminalRefusedException">The terminal answered that it cannot.</exception>
    /// <exception cref="TimeoutException">No answer.</exception>
    Task<IReadOnlyList<TerminalParameter>> QueryParametersAsync(CancellationToken stop);

    /// <summary>0x9206 as a command; <see cref="UploadStart.Serial"/> is what 0x9207 and <see cref="ITerminalObserver.UploadDone"/> name it by.</summary>
    /// <exception cref="TerminalGoneException">As <see cref="CommandAsync"/>.</exception>
    /// <exception cref="TimeoutException">No answer.</exception>
    Task<UploadStart> UploadAsync(T9206UploadRequest request, CancellationToken stop);
}

/// <summary>What a terminal said to an upload request, and the serial number under which it goes on.</summary>
internal readonly record struct UploadStart(GeneralResult Result, ushort Serial);

/// <summary>The terminal's connection ended before it answered.</summary>
internal sealed class TerminalGoneException(string why) : Exception(why);

/// <summary>The terminal answered a query with a general reply instead of what was asked for.</summary>
internal sealed class TerminalRefusedException(ushort messageId, GeneralResult result) : Exception($"the terminal answered 0x{messageId:X4} with {result}")
{
    public GeneralResult Result => result;
}
