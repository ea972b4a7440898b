using System.Net;
using EdgeRecorder.Jt1078;

namespace EdgeRecorder.Jt808;

/// <summary>Whether a terminal may come in (DESIGN section 6, enrolment).</summary>
internal enum Admission
{
    Admitted,

    /// <summary>Listed and kept connected and answered; nothing is asked of it before somebody approves.</summary>
    Waiting,

    Refused,
}

/// <summary>What the server asks the rest of the box. Called from connection tasks; may look into a database, since it is asked only at registration and authentication.</summary>
internal interface ITerminalRegistry
{
    /// <summary>Asked with what 0x0100 said, and again, without, at 0x0102. Must bound what strangers can make it store.</summary>
    Admission Admit(SimNumber sim, Registration? registration, IPAddress from);

    /// <summary>A code the terminal was given before, by this box or, where the owner allows it, by another platform. Our own code is known without asking.</summary>
    bool VerifyCode(SimNumber sim, ReadOnlySpan<byte> code);

    /// <summary>The code the terminal was given with 0x8100: stays valid if the box secret is ever lost.</summary>
    void StoreCode(SimNumber sim, byte[] code);

    /// <summary>The terminal unregistered (0x0003).</summary>
    void ForgetCode(SimNumber sim);
}

/// <summary>What the server tells the rest of the box. Called from connection tasks, for one terminal one call at a time; must not block.</summary>
internal interface ITerminalObserver
{
    /// <summary>The terminal authenticated. A connection it replaces is <see cref="Gone"/> before.</summary>
    void Connected(ITerminal terminal);

    void Gone(ITerminal terminal, string why);

    /// <summary>0x0100 on a connection that has not authenticated yet, admitted or waiting.</summary>
    void Registered(SimNumber sim, Registration registration);

    /// <summary>0x1003, asked for or not.</summary>
    void Attributes(ITerminal terminal, AvAttributes attributes);

    /// <summary>0x0104.</summary>
    void Parameters(ITerminal terminal, IReadOnlyList<TerminalParameter> parameters);

    /// <summary>0x0200 and each item of 0x0704.</summary>
    void Location(ITerminal terminal, in LocationReport report, LocationOrigin origin);

    /// <summary>0x1005.</summary>
    void Passengers(ITerminal terminal, PassengerFlow flow);

    /// <summary>0x1206, for the upload that was started under this serial number.</summary>
    void UploadDone(ITerminal terminal, ushort serial, bool isComplete);
}
