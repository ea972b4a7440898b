using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// Who holds a call or a subscription: stands in <see cref="SipDialog.Owner"/>. It is set when the opening has come back; a device that hangs up faster than that shows in
/// <see cref="SipDialog.IsOver"/>. Called on the threads that read; must not block.
/// </summary>
internal interface IDialogOwner
{
    /// <summary>A request inside of the dialog other than MESSAGE and BYE; has to be answered.</summary>
    void Take(SipIncoming incoming);

    /// <summary>Said by MESSAGE inside of the dialog, and answered already.</summary>
    void Told(ManscdpDocument document);

    /// <summary>The peer ended it.</summary>
    void Ended(string why);
}
